import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSearch, printSearch } from './address.ts'
import { readView, writeView, type View } from './view.ts'

const runs = { numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? 300) }

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const kql = text.filter((text) => text.trim() !== '')
const anyPill = fc.record({ kql, negated: fc.boolean(), off: fc.boolean(), pinned: fc.boolean() })
const anyMoment = fc.oneof(
  fc.record({ at: fc.integer({ min: 0, max: 4_102_444_799 }) }),
  fc.record({ ago: fc.integer({ min: 0, max: 99_999_999 }) }),
)

const anyView: fc.Arbitrary<View> = fc
  .record({
    range: fc.record({ from: anyMoment, to: anyMoment }),
    query: text,
    pills: fc.array(anyPill, { maxLength: 4 }),
    zone: fc.constantFrom(undefined, 'UTC', 'Europe/Madrid', 'America/St_Johns'),
    selection: fc.option(fc.record({ kind: fc.constantFrom('row', 'edge'), id: kql }), { nil: undefined }),
    wantsLive: fc.boolean(),
  })
  .map(({ wantsLive, ...view }) => ({
    ...view,
    live: wantsLive && 'ago' in view.range.to && view.range.to.ago === 0,
  }))

describe('laws of the address', () => {
  it('reads back every view that it wrote', () =>
    fc.assert(
      fc.property(anyView, (view) => {
        expect(readView(parseSearch(printSearch(writeView(view))))).toEqual(view)
      }),
      runs,
    ))
})

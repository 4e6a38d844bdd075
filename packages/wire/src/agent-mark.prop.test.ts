import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMark, printMark } from './agent-mark.ts'
import type { Mark } from './agent-mark.ts'

const numRuns = Number(process.env.MARGAY_PROPERTY_RUNS ?? 200)

/** Printable comments; one that is itself a handle's text cannot be told from a handle. */
const comment = fc
  .string({ unit: 'grapheme-ascii', maxLength: 200 })
  .filter((text) => !/^#(\d{1,15}|policy)$/.test(text))
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/)

const mark: fc.Arbitrary<Mark> = fc.oneof(
  fc.record({
    by: fc.constant('nflog' as const),
    group: fc.nat(65_535),
    prefix: comment.map((text) => text.slice(0, 64)),
  }),
  fc.record({
    by: fc.constant('nf_trace' as const),
    family: fc.constantFrom('ip', 'ip6', 'inet', 'bridge'),
    table: name,
    chain: name,
    verdict: fc.constantFrom('accept' as const, 'drop', 'jump', 'goto', 'return', 'continue', 'queue'),
    rule: fc.oneof(fc.constant('policy' as const), fc.record({ handle: fc.nat() }), fc.record({ comment })),
  }),
)

describe('marks', () => {
  it('come back from their text as they were', () => {
    fc.assert(
      fc.property(mark, (value) => {
        expect(parseMark(printMark(value))).toEqual(value)
      }),
      { numRuns },
    )
  })

  it('are told from any other text', () => {
    for (const text of ['', 'nflog', 'nflog|x|', 'nft|ip|filter|FORWARD', 'nft|ip|filter|FORWARD|maybe|x', 'allow'])
      expect([text, parseMark(text)]).toEqual([text, undefined])
  })

  it('hold no line break, whatever a rule says of itself', () => {
    expect(printMark({ by: 'nflog', group: 1, prefix: 'a\nb\0' })).toBe('nflog|1|a b ')
  })
})

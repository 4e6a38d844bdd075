import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slices } from './slices.ts'

describe('slices of a time range', () => {
  it('cover it without gap or overlap, nearest first', () => {
    const moments = fc.integer({ min: 0, max: 4_000_000 })
    fc.assert(
      fc.property(moments, moments, fc.boolean(), (a, b, descending) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const all = [...slices(from, to, descending)]
        const ordered = descending ? all.toReversed() : all
        expect(ordered.flatMap(({ from: start, to: end }) => (start < end ? [] : [start]))).toEqual([])
        expect(ordered[0]?.from ?? from).toBe(from)
        expect(ordered.at(-1)?.to ?? from).toBe(from === to ? from : to)
        ordered.slice(1).forEach(({ from: start }, index) => expect(start).toBe(ordered[index]!.to))
      }),
    )
  })

  it('are few for a month', () => {
    expect([...slices(0, 30 * 86_400, true)].length).toBeLessThan(12)
  })
})

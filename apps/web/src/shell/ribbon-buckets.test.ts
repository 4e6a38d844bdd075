import { describe, expect, it } from 'vitest'
import type { Group } from '../api/question.ts'
import { ribbonBuckets, ribbonTotals } from './ribbon-buckets.ts'

const group = (at: number, action: string, reporter: string, counts: boolean, rows: number): Group => ({
  key: [at, action, reporter, counts],
  measures: { rows },
})

const range = { from: 0, to: 30 }
const bars = (groups: readonly Group[], seen: readonly number[] = []) =>
  ribbonBuckets(groups, new Set(seen), range, 10, 1000)

describe('the ribbon', () => {
  it('counts a conversation that both ends reported once', () =>
    expect(bars([group(0, 'allow', 'src', true, 5), group(0, 'allow', 'dst', false, 5)])[0]).toMatchObject({
      allowed: 5,
      deniedAtSource: 0,
      deniedAtDestination: 0,
    }))

  it('shows what the destination denied as denied, though the source allowed it', () =>
    expect(bars([group(0, 'allow', 'src', true, 5), group(0, 'deny', 'dst', false, 2)])[0]).toMatchObject({
      allowed: 3,
      deniedAtDestination: 2,
    }))

  it('keeps a denial that only the destination could report', () =>
    expect(bars([group(0, 'deny', 'dst', true, 4), group(0, 'allow', 'src', true, 1)])[0]).toMatchObject({
      allowed: 1,
      deniedAtDestination: 4,
    }))

  it('tells a gap in the data from a time in which nothing matched', () => {
    const [matched, filtered, gap] = bars([group(0, 'allow', 'src', true, 1)], [0, 10])
    expect([matched?.gap, filtered?.gap, gap?.gap]).toEqual([false, false, true])
  })

  it('does not call the present a gap before its records can have come', () =>
    expect(ribbonBuckets([], new Set(), range, 10, 30).map(({ gap }) => gap)).toEqual([true, false, false]))

  it('calls no bucket a gap that lies in the interval of a record before it', () =>
    expect(ribbonBuckets([], new Set([0]), range, 5, 1000).map(({ from, gap }) => [from, gap])).toEqual([
      [0, false],
      [5, false],
      ...[10, 15, 20, 25].map((from) => [from, true]),
    ]))

  it('begins at a whole bucket and covers the range', () => {
    const buckets = ribbonBuckets([], new Set([0, 10, 20, 30]), { from: 4, to: 33 }, 10, 1000)
    expect(buckets.map(({ from }) => from)).toEqual([0, 10, 20, 30])
    expect(ribbonTotals(buckets)).toEqual({ allowed: 0, deniedAtSource: 0, deniedAtDestination: 0, gaps: 0 })
  })
})

import { describe, expect, it } from 'vitest'
import { canEnd, closed, intervalFrom, isOver } from './interval.ts'

describe('intervals', () => {
  it('end on multiples of their length, whenever they began', () => {
    expect(intervalFrom(1_000_003_700, 10)).toEqual({ start: 1_000_003, end: 1_000_010 })
    expect(intervalFrom(1_000_010_000, 10)).toEqual({ start: 1_000_010, end: 1_000_020 })
  })

  it('are over at their end, and at once where the clock is set back', () => {
    const interval = { start: 1000, end: 1010 }
    expect([1000_000, 1009_999, 1010_000, 999_999, 5_000].map((now) => isOver(interval, now))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ])
  })

  it('can end early once they have a length', () => {
    const interval = { start: 1000, end: 1010 }
    expect([1000_999, 1001_000].map((now) => canEnd(interval, now))).toEqual([false, true])
  })

  it('have rows that follow each other, and never end before they start', () => {
    const interval = { start: 1000, end: 1010 }
    expect(closed(interval, 1010_050)).toEqual({ start: 1000, end: 1010 })
    // Late, or the clock was set forward.
    expect(closed(interval, 1013_000)).toEqual({ start: 1000, end: 1013 })
    expect(closed(interval, 400_000)).toEqual({ start: 400, end: 400 })
  })
})

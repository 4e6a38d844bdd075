// When an interval is over. Ends lie on multiples of its length, so that the intervals of all nodes meet; a wall clock that
// is set back ends the interval at once instead of holding it for as long as the clock was wrong. Pure.

/** Unix seconds. */
export interface Interval {
  readonly start: number
  readonly end: number
}

/** The interval that begins now. */
export function intervalFrom(nowMs: number, seconds: number): Interval {
  const start = Math.floor(nowMs / 1000)
  return { start, end: (Math.floor(start / seconds) + 1) * seconds }
}

export const isOver = ({ start, end }: Interval, nowMs: number): boolean => nowMs >= end * 1000 || nowMs < start * 1000

/** Whether what ends now has a length: rows tell seconds. */
export const canEnd = ({ start }: Interval, nowMs: number): boolean => nowMs >= (start + 1) * 1000

/** The times of the interval's rows where it ends now: never backwards. The next one begins at its end. */
export function closed({ start }: Interval, nowMs: number): Interval {
  const end = Math.floor(nowMs / 1000)
  return { start: Math.min(start, end), end }
}

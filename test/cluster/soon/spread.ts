// Times of several tries as people want them.
export interface Spread {
  readonly median: number
  readonly max: number
  readonly count: number
}

/** Of at least one number. */
export function spread(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (index: number) => Math.round(sorted[index]!)
  return { median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1), count: sorted.length }
}

// Parts of a time range in which a page of rows is looked for, one after the other. Tables are sorted by the hour first, so
// the first part is the rest of an hour and each further one is twice as long: a page at the end of thirty days reads an hour.

const secondsPerHour = 3_600

export interface Slice {
  readonly from: number
  readonly to: number
}

export function* slices(from: number, to: number, descending: boolean): Generator<Slice> {
  let width = secondsPerHour
  if (descending) {
    for (let end = to; end > from; width *= 2) {
      const start = Math.max(from, Math.floor((end - 1) / secondsPerHour) * secondsPerHour - (width - secondsPerHour))
      yield { from: start, to: end }
      end = start
    }
    return
  }
  for (let start = from; start < to; width *= 2) {
    const end = Math.min(to, Math.floor(start / secondsPerHour) * secondsPerHour + width)
    yield { from: start, to: end }
    start = end
  }
}

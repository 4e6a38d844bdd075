// One number for one set of dimensions: many flows (one for each outside address) share a series. Numbers are void once
// the sink's epoch changes, so the cache then starts anew.
import type { Row } from '@margay/model'
import type { RecordSink } from '@margay/wire'

export interface Series {
  readonly epoch: number
  readonly number: number
}

export interface SeriesCache {
  /** `known` if it is still valid, else the series of these dimensions. */
  of(known: Series | undefined, logType: string, dimensions: () => Row): Series
}

/** Over this the cache starts anew; a set of dimensions is then defined twice, which is allowed. */
const maxSeries = 50_000

export function createSeriesCache(sink: RecordSink): SeriesCache {
  const numbers = new Map<string, Series>()
  let epoch = sink.epoch
  return {
    of(known, logType, dimensions) {
      // Fast path: the caller kept it.
      if (known?.epoch === sink.epoch) return known
      if (epoch !== sink.epoch || numbers.size >= maxSeries) numbers.clear()
      epoch = sink.epoch
      const row = dimensions()
      const key = `${logType} ${JSON.stringify(row)}`
      const found = numbers.get(key)
      if (found) return found
      const series = { epoch, number: sink.series(logType, row) }
      numbers.set(key, series)
      return series
    },
  }
}

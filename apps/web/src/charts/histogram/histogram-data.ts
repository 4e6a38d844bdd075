// From groups of (time bucket, word) to the series of a stacked histogram. Pure.
import type { Group } from '../../api/question.ts'
import type { FixedRange } from '../../view/moment.ts'

export interface Series {
  readonly name: string
  /** One number for each bucket. */
  readonly counts: readonly number[]
}

export interface HistogramData {
  /** Start of each bucket, Unix seconds. */
  readonly times: readonly number[]
  readonly width: number
  readonly series: readonly Series[]
}

/** More words than this are one: `other`. */
const seriesAtMost = 6
export const noValue = '(no value)'
export const otherValues = 'other'

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** The words with most records first, so that the largest stands at the bottom. */
export function histogramData(groups: readonly Group[], { from, to }: FixedRange, width: number): HistogramData {
  const first = Math.floor(from / width) * width
  const length = Math.ceil((to - first) / width)
  const byName = new Map<string, number[]>()
  for (const { key, measures } of groups) {
    const at = (Number(key[0]) - first) / width
    if (!Number.isInteger(at) || at < 0 || at >= length) continue
    const name = key[1] === undefined ? noValue : String(key[1])
    const counts = byName.get(name) ?? Array<number>(length).fill(0)
    counts[at]! += Number(measures.rows ?? 0)
    byName.set(name, counts)
  }
  const all = [...byName].map(([name, counts]): Series => ({ name, counts }))
  const ordered = all.sort((a, b) => total(b.counts) - total(a.counts))
  return { times: Array.from({ length }, (_, at) => first + at * width), width, series: withOthers(ordered, length) }
}

function withOthers(series: readonly Series[], length: number): readonly Series[] {
  if (series.length <= seriesAtMost) return series
  const rest = series.slice(seriesAtMost - 1)
  const counts = Array.from({ length }, (_, at) => rest.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0))
  return [...series.slice(0, seriesAtMost - 1), { name: otherValues, counts }]
}

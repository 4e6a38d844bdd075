// Numbers as people read them: `1,284`, `38.1 MB`, `12/min`, `1.8 ms`, `0.02 %`. Integers may be bigint; only what is
// rounded loses digits, and `exact` gives them all.
import type { Integer, Unit } from '@margay/model'

const grouped = new Intl.NumberFormat('en-US')

/** All digits, grouped by thousands. */
export const formatCount = (value: Integer): string => grouped.format(value)

/** `1,284`, or `at least 1,284` where not all could be counted. */
export const formatAtLeast = (value: Integer, isExact: boolean): string =>
  isExact ? formatCount(value) : `at least ${formatCount(value)}`

/** At most three digits that say something: 38.1, 381, 3,810. */
const short = (value: number): string => {
  if (value >= 100 || Number.isInteger(value)) return grouped.format(Math.round(value))
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(2).replace(/\.?0+$/, '')
}

/** The value in the largest unit that leaves it at 1 or more, without a figure that rounds up to the next unit's 1. */
function scale(value: number, steps: readonly (readonly [size: number, unit: string])[]): string {
  const [size, unit] = steps.find(([size]) => value >= size * 0.9995) ?? steps.at(-1)!
  return `${short(value / size)} ${unit}`
}

const byteSteps = [
  [1e18, 'EB'],
  [1e15, 'PB'],
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
  [1, 'B'],
] as const

/** Bytes in SI units. */
export const formatBytes = (bytes: Integer): string => scale(Number(bytes), byteSteps)

const secondsIn = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 } as const

const durationSteps = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
] as const

/** A duration given in `unit`. */
export const formatDuration = (value: Integer, unit: Unit = 's'): string =>
  Number(value) === 0 ? `0 ${unit === 'us' ? 'µs' : unit}` : scale(Number(value) * secondsIn[unit], durationSteps)

/** A rate: by the second from 1/s, by the minute from 1/min, else by the hour. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0 /s'
  if (perSecond >= 1) return `${short(perSecond)} /s`
  return perSecond * 60 >= 1 ? `${short(perSecond * 60)} /min` : `${short(perSecond * 3600)} /h`
}

/** A share of 1 as a percentage of at most two digits after the point; what is not 0 is never shown as 0. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.01) return '< 0.01 %'
  return `${percent >= 10 ? percent.toFixed(1).replace(/\.0$/, '') : percent.toFixed(2).replace(/\.?0+$/, '')} %`
}

/** `1 record`, `2 records`. */
export const plural = (count: Integer, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${Number(count) === 1 ? one : many}`

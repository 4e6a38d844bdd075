// Figures for people, as the console writes them: SI bytes, durations with the unit that fits, thousands with commas.
import type { Integer, Unit } from '@margay/model'

const bytePrefixes = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const

/** At most three digits that matter: `960 B`, `6.1 kB`, `133 kB`, `38.1 MB`. */
export function formatBytes(value: Integer | undefined): string {
  if (value === undefined) return '–'
  let scaled = Number(value)
  let prefix = 0
  while (scaled >= 999.5 && prefix < bytePrefixes.length - 1) {
    scaled /= 1000
    prefix++
  }
  return `${prefix === 0 || scaled >= 99.95 ? Math.round(scaled) : scaled.toFixed(1)} ${bytePrefixes[prefix]}`
}

export function formatCount(value: Integer | undefined): string {
  return value === undefined ? '–' : value.toLocaleString('en-US')
}

const nanoseconds: Readonly<Record<Unit, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }

/** A duration in its field's unit: `210 µs`, `1.8 ms`, `2.0 s`. */
export function formatDuration(value: Integer | undefined, unit: Unit): string {
  if (value === undefined) return '–'
  const ns = Number(value) * nanoseconds[unit]
  if (ns < 1e3) return `${ns} ns`
  if (ns < 1e6) return `${Math.round(ns / 1e3)} µs`
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`
  return `${(ns / 1e9).toFixed(1)} s`
}

const two = (n: number) => String(n).padStart(2, '0')

/** `14:02:11`, with the date before it where that is not the day of `today`. */
export function formatTime(seconds: number, today: Date, utc: boolean): string {
  const at = new Date(seconds * 1000)
  const day = (date: Date) =>
    utc ? date.toISOString().slice(0, 10) : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = utc
    ? at.toISOString().slice(11, 19)
    : `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  return day(at) === day(today) ? time : `${day(at)} ${time}`
}

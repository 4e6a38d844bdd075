// Times as people type them: an age, a date, a time of today, Unix seconds.
import type { Moment } from '@margay/query'
import { resolveMoment } from '@margay/query'
import { CliError } from '../fail.ts'

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Reads `90s`, `1h30m`, `7d`. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+[smhdw])+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)([smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitSeconds[unit!]!,
    0,
  )
}

/** Reads `13:48` or `13:48:05` of the present day. */
function timeOfDay(text: string, now: Date, utc: boolean): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text)
  if (!match) return undefined
  const [hours, minutes, seconds] = [match[1], match[2], match[3] ?? '0'].map(Number) as [number, number, number]
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const at = new Date(now)
  if (utc) at.setUTCHours(hours, minutes, seconds, 0)
  else at.setHours(hours, minutes, seconds, 0)
  return at.getTime() / 1000
}

/** Reads a moment. Dates without a zone are meant in the zone in which times are printed. */
export function parseMoment(text: string, now: Date, utc: boolean): Moment {
  const ago = text === 'now' ? 0 : parseDuration(text.replace(/\s+ago$/, ''))
  if (ago !== undefined) return { ago }
  if (/^\d{9,11}$/.test(text)) return { at: Number(text) }
  const today = timeOfDay(text, now, utc)
  if (today !== undefined) return { at: today }
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text)
  const isDate = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)
  const full = text.includes(':') ? text : `${text}T00:00`
  const milliseconds = isDate ? Date.parse(utc && !hasZone ? `${full}Z` : full) : Number.NaN
  if (Number.isNaN(milliseconds)) {
    throw new CliError(
      `cannot read the time "${text}"; write an age (10m, 1h30m, 7d), a time of today (13:48), a date (2026-11-25, 2026-11-25T13:48) or Unix seconds`,
      2,
    )
  }
  return { at: Math.floor(milliseconds / 1000) }
}

/** Seconds from (inclusive) to (exclusive), both fixed: pages of one search must have the same range. */
export interface FixedRange {
  readonly from: { readonly at: number }
  readonly to: { readonly at: number }
}

/**
 * Reads `--since` and `--until`. Without an end it is now, rows of this very second included; without a beginning it is
 * `usual`. Throws a CliError where nothing can be in the range.
 */
export function parseRange(
  { since, until }: { readonly since?: string; readonly until?: string },
  usual: Moment,
  now: Date,
  utc: boolean,
): FixedRange {
  const seconds = Math.floor(now.getTime() / 1000)
  const read = (text: string) => resolveMoment(parseMoment(text, now, utc), seconds)
  const from = since === undefined ? resolveMoment(usual, seconds) : read(since)
  const to = until === undefined ? seconds + 1 : read(until)
  if (to > from) return { from: { at: from }, to: { at: to } }
  const [start, end] = [from, to].map((at) => new Date(at * 1000).toISOString())
  throw new CliError(
    until === undefined
      ? `--since ${since} is after now: ${start}`
      : `--until ${until} (${end}) is not after the beginning (${start}); "5m" means five minutes ago`,
    2,
  )
}

// Dates as people write them in filters: ISO 8601 with parts left out, Unix seconds, and date maths. A date is a span, for
// `2026-11-01` is a whole day; a moment is the span of its smallest part.
import type { Zone } from './zone.ts'
import { fromCalendar, toLocal, toUtc } from './zone.ts'

/** Unix milliseconds, from (inclusive) to (exclusive). */
export interface DateSpan {
  readonly from: number
  readonly to: number
}

export interface DateContext {
  /** Unix seconds. */
  readonly now: number
  readonly zone: Zone
}

export type ReadDate =
  | { readonly ok: true; readonly span: DateSpan }
  | { readonly ok: false; readonly message: string; readonly hint: string }

type Unit = 'y' | 'M' | 'w' | 'd' | 'h' | 'm' | 's'

const fixed: { readonly [unit in 'h' | 'm' | 's']: number } = { h: 3_600_000, m: 60_000, s: 1000 }
const isoPattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[Tt ](\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/
const mathPattern = /^(?:[+-]\d{0,9}[yMwdhHms]|\/[yMwdhHms])+$/
const examples = 'write 2026-11-01, "2026-11-01T10:30", now-15m, now/d or Unix seconds'

/** Reads a date. The message of a refusal names the text; its hint says what could be written. */
export function readDate(text: string, context: DateContext): ReadDate {
  const [base, maths] = splitMaths(text)
  const start = readBase(base, context)
  if (!start) return refuseDate(text)
  if (maths !== '' && !mathPattern.test(maths)) {
    return {
      ok: false,
      message: `"${maths}" is no date maths`,
      hint: 'write + or - with a number and one of y M w d h m s, or / with one of them to round: now-1d/d',
    }
  }
  const span = applyMaths(maths, start.span, start.zone)
  return Number.isFinite(span.from) && Number.isFinite(span.to) ? { ok: true, span } : refuseDate(text)
}

function splitMaths(text: string): readonly [base: string, maths: string] {
  if (text.startsWith('now')) return ['now', text.slice(3)]
  const bars = text.indexOf('||')
  return bars < 0 ? [text, ''] : [text.slice(0, bars), text.slice(bars + 2)]
}

function refuseDate(text: string): ReadDate {
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text
  if (/^\d{12,}$/.test(text)) {
    const hint = `Unix seconds are expected: ${text.slice(0, -3)}`
    return { ok: false, message: `"${shown}" looks like milliseconds`, hint }
  }
  return { ok: false, message: `"${shown}" is no date`, hint: examples }
}

interface Based {
  readonly span: DateSpan
  /** The zone that was written, else the viewer's. */
  readonly zone: Zone
}

function readBase(text: string, { now, zone }: DateContext): Based | undefined {
  if (text === 'now') return { span: second(Math.floor(now) * 1000), zone }
  const iso = isoPattern.exec(text)
  if (iso) return readIso(iso, zone)
  const seconds = /^-?\d{1,11}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined
  if (seconds === undefined) return undefined
  const from = Math.floor(seconds * 1000)
  return { span: text.includes('.') ? { from, to: from + 1 } : second(from), zone }
}

const second = (from: number): DateSpan => ({ from, to: from + fixed.s })

/** Which part is the smallest one written; the parts are year, month, day, hour, minute, second, fraction. */
const unitOfPart: readonly Unit[] = ['y', 'M', 'd', 'h', 'm', 's']

function readIso(match: RegExpExecArray, viewer: Zone): Based | undefined {
  const [year, month = 1, day = 1, hour = 0, minute = 0, secondOfMinute = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)))
  const zone = match[8] === undefined ? viewer : writtenZone(match[8])
  const midnight = fromCalendar(year!, month, day)
  const isReal =
    month >= 1 &&
    month <= 12 &&
    new Date(midnight).getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    secondOfMinute < 60
  if (!isReal || zone === undefined) return undefined
  const from = toUtc(zone, midnight + hour * fixed.h + minute * fixed.m + secondOfMinute * fixed.s)
  const fraction = match[7]
  if (fraction !== undefined) return { span: fractionSpan(from, fraction), zone }
  const smallest = match.slice(1, 7).filter((part) => part !== undefined).length
  return { span: { from, to: add(from, 1, unitOfPart[smallest - 1]!, zone) }, zone }
}

function fractionSpan(second: number, fraction: string): DateSpan {
  const from = second + Math.floor(Number(`0.${fraction}`) * 1000)
  return { from, to: from + Math.max(1, 10 ** (3 - fraction.length)) }
}

function writtenZone(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(':', '') || '0')]
  if (hours > 18 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function applyMaths(maths: string, start: DateSpan, zone: Zone): DateSpan {
  let span = start
  for (const [, sign, count, rawUnit] of maths.matchAll(/([+\-/])(\d*)([yMwdhHms])/g)) {
    const unit = (rawUnit === 'H' ? 'h' : rawUnit) as Unit
    if (sign === '/') {
      const from = floor(span.from, unit, zone)
      span = { from, to: add(from, 1, unit, zone) }
    } else {
      const by = (sign === '-' ? -1 : 1) * (count === '' ? 1 : Number(count))
      span = { from: add(span.from, by, unit, zone), to: add(span.to, by, unit, zone) }
    }
  }
  return span
}

/** Adds so many units: hours and less by the clock that never jumps, days and more by the calendar of the zone. */
function add(utc: number, by: number, unit: Unit, zone: Zone): number {
  if (unit === 'h' || unit === 'm' || unit === 's') return utc + by * fixed[unit]
  const local = toLocal(zone, utc)
  const date = new Date(local)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  const timeOfDay = local - fromCalendar(year, month, day)
  if (unit === 'd' || unit === 'w') {
    return safeToUtc(zone, fromCalendar(year, month, day + by * (unit === 'w' ? 7 : 1)) + timeOfDay)
  }
  const target = month + by * (unit === 'y' ? 12 : 1)
  // The last day of a shorter month stands for the days that it has not.
  const lastDay = new Date(fromCalendar(year, target + 1, 0)).getUTCDate()
  return safeToUtc(zone, fromCalendar(year, target, Math.min(day, lastDay)) + timeOfDay)
}

/** The largest time that a Date holds, less what a zone may add. */
const farthest = 8.64e15 - 2 * 86_400_000

const safeToUtc = (zone: Zone, local: number) => (Math.abs(local) < farthest ? toUtc(zone, local) : Number.NaN)

/** The start of the unit that a moment lies in; weeks start on Monday. */
function floor(utc: number, unit: Unit, zone: Zone): number {
  if (!(Math.abs(utc) < farthest)) return Number.NaN
  const local = toLocal(zone, utc)
  if (unit === 'h' || unit === 'm' || unit === 's') return utc - (((local % fixed[unit]) + fixed[unit]) % fixed[unit])
  const date = new Date(local)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  if (unit === 'y') return toUtc(zone, fromCalendar(year, 1, 1))
  if (unit === 'M') return toUtc(zone, fromCalendar(year, month, 1))
  const sinceMonday = unit === 'w' ? (date.getUTCDay() + 6) % 7 : 0
  return toUtc(zone, fromCalendar(year, month, day - sinceMonday))
}

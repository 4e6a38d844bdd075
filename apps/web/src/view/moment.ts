// Time ranges in words: how a moment is written in the address and in the range's two fields, which presets there are,
// and how a range is resolved, zoomed and moved. Pure; whoever calls brings the present.
import { resolveMoment, type Moment, type TimeRange } from '@margay/query'

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const
type Unit = keyof typeof unitSeconds

/** Largest first, so that an hour is written `1h` and not `60m`. */
const units = Object.entries(unitSeconds).reverse() as [Unit, number][]

/** `now`, `now-15m`, or an ISO 8601 time in UTC. */
export function printMoment(moment: Moment): string {
  if ('at' in moment) return new Date(moment.at * 1000).toISOString().replace('.000Z', 'Z')
  if (moment.ago === 0) return 'now'
  const [unit, seconds] = units.find(([, size]) => moment.ago % size === 0) ?? ['s', 1]
  return `now-${moment.ago / seconds}${unit}`
}

const latest = 4_102_444_800

const fixed = (seconds: number): Moment | undefined =>
  Number.isFinite(seconds) && seconds >= 0 && seconds <= latest ? { at: Math.floor(seconds) } : undefined

/**
 * Reads what `printMoment` writes, Unix seconds or milliseconds, and a date with or without time. Dates without a zone
 * are meant in `zone`. Gives undefined where the text is none of these.
 */
export function parseMoment(text: string, zone: string): Moment | undefined {
  const trimmed = text.trim()
  const relative = /^now(?:\s*-\s*(\d{1,8})\s*([smhdw]))?$/.exec(trimmed)
  if (relative) return { ago: relative[1] ? Number(relative[1]) * unitSeconds[relative[2] as Unit] : 0 }
  if (/^\d{10}$/.test(trimmed)) return fixed(Number(trimmed))
  if (/^\d{13}$/.test(trimmed)) return fixed(Number(trimmed) / 1000)
  return parseDate(trimmed, zone)
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/

function parseDate(text: string, zone: string): Moment | undefined {
  const match = datePattern.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', offset] = match
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000
  if (Number.isNaN(wall)) return undefined
  if (offset && offset !== 'Z') return fixed(wall - parseOffset(offset))
  return fixed(offset === 'Z' ? wall : fromWall(wall, zone))
}

function parseOffset(offset: string): number {
  const [, sign, hours, minutes] = /([+-])(\d{2}):?(\d{2})/.exec(offset) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

/** The moment at which clocks of a zone show this wall time (given as if it were UTC); the earlier of two. */
function fromWall(wall: number, zone: string): number {
  const first = wall - zoneOffset(wall, zone)
  return wall - zoneOffset(first, zone)
}

/** Seconds that clocks of a zone are ahead of UTC at a moment. */
export function zoneOffset(seconds: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const offset = name.replace('GMT', '')
  return offset === '' ? 0 : parseOffset(offset)
}

export interface Preset {
  readonly label: string
  readonly ago: number
}

export const presets: readonly Preset[] = [
  { label: 'Last 5 minutes', ago: 300 },
  { label: 'Last 15 minutes', ago: 900 },
  { label: 'Last 1 hour', ago: 3600 },
  { label: 'Last 3 hours', ago: 10_800 },
  { label: 'Last 12 hours', ago: 43_200 },
  { label: 'Last 24 hours', ago: 86_400 },
  { label: 'Last 7 days', ago: 604_800 },
  { label: 'Last 30 days', ago: 2_592_000 },
]

export const defaultRange: TimeRange = { from: { ago: 3600 }, to: { ago: 0 } }

export interface FixedRange {
  readonly from: number
  readonly to: number
}

/** The range in Unix seconds, at least one second wide. */
export function resolveRange(range: TimeRange, now: number): FixedRange {
  const from = resolveMoment(range.from, now)
  return { from, to: Math.max(from + 1, resolveMoment(range.to, now)) }
}

/** Whether the range ends now, which is what live mode needs. */
export const endsNow = ({ to }: TimeRange): boolean => 'ago' in to && to.ago === 0

/** The range just before (-1) or after (1) this one, of the same width; never beyond the present. */
export function neighbour(range: TimeRange, direction: -1 | 1, now: number): TimeRange {
  const { from, to } = resolveRange(range, now)
  const width = to - from
  const moved = Math.min(to + direction * width, now)
  return { from: { at: moved - width }, to: { at: moved } }
}

/** Twice as wide around the same middle; never beyond the present. */
export function zoomOut(range: TimeRange, now: number): TimeRange {
  const { from, to } = resolveRange(range, now)
  const half = Math.ceil((to - from) / 2)
  return { from: { at: from - half }, to: { at: Math.min(to + half, now) } }
}

const bucketWidths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

/** Width of a histogram's bucket, seconds: a round one that gives at most `most` buckets. */
export function bucketWidth({ from, to }: FixedRange, most: number): number {
  const wanted = (to - from) / most
  return bucketWidths.find((width) => width >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400
}

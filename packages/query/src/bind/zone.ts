// Wall-clock time of the viewer's zone. Times are Unix milliseconds; "local" milliseconds are the wall clock read as if it
// were UTC. Zones come from the runtime's own tables; no clock is read.

/** An IANA name such as `Europe/Berlin`, or minutes east of UTC. */
export type Zone = string | number

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    const part = 'numeric'
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      calendar: 'gregory',
      era: 'short',
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
    })
    formats.set(zone, format)
  }
  return format
}

/** Local time minus UTC at a moment, milliseconds. Throws a RangeError for a zone that does not exist. */
export function offsetAt(zone: Zone, utc: number): number {
  if (typeof zone === 'number') return zone * 60_000
  if (zone === 'UTC') return 0
  const parts = new Map(
    formatOf(zone)
      .formatToParts(utc)
      .map(({ type, value }) => [type, value]),
  )
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type))
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  const local =
    fromCalendar(year, number('month'), number('day')) + clock(number('hour'), number('minute'), number('second'))
  return local - Math.floor(utc / 1000) * 1000
}

const clock = (hour: number, minute: number, second: number) => ((hour * 60 + minute) * 60 + second) * 1000

/** Local milliseconds of a day's start; unlike Date.UTC it knows the years before 100. Months and days may overflow. */
export function fromCalendar(year: number, month: number, day: number): number {
  const date = new Date(0)
  return date.setUTCFullYear(year, month - 1, day)
}

/** The moment of a wall-clock time. In the hour that is skipped, the moment after it; in the hour that comes twice, the first. */
export function toUtc(zone: Zone, local: number): number {
  const before = local - offsetAt(zone, local - 86_400_000)
  const after = local - offsetAt(zone, local + 86_400_000)
  for (const candidate of [Math.min(before, after), Math.max(before, after)]) {
    if (candidate + offsetAt(zone, candidate) === local) return candidate
  }
  return before
}

/** The wall-clock time of a moment. */
export const toLocal = (zone: Zone, utc: number): number => utc + offsetAt(zone, utc)

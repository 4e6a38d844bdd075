// Times in one zone. The zone is shown once (in the range's button), so a time says it only where it stands alone.

const cache = new Map<string, Intl.DateTimeFormat>()

/** Formats are costly to make and cheap to use. */
function formatter(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`
  const found = cache.get(key) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options })
  cache.set(key, found)
  return found
}

const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const

const parts = (format: Intl.DateTimeFormat, seconds: number): Record<string, string> =>
  Object.fromEntries(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]))

/** `14:02:11`. */
export const formatClock = (seconds: number, zone: string): string =>
  formatter(zone, 'clock', clock).format(seconds * 1000)

/** `14:02`, without the seconds of its minute. */
export const formatMinute = (seconds: number, zone: string): string => formatClock(seconds, zone).slice(0, 5)

/** `2026-11-25`. */
export function formatDay(seconds: number, zone: string): string {
  const { year, month, day: date } = parts(formatter(zone, 'day', day), seconds)
  return `${year}-${month}-${date}`
}

/** `2026-11-25 14:02:11`. */
export const formatTime = (seconds: number, zone: string): string =>
  `${formatDay(seconds, zone)} ${formatClock(seconds, zone)}`

/** A time on an axis or in a table of a range of `width` seconds: only what tells its moments apart. */
export function formatWithin(seconds: number, width: number, zone: string): string {
  const time = formatClock(seconds, zone)
  if (width <= 600) return time
  if (width <= 86_400) return time.slice(0, 5)
  return width <= 8 * 86_400 ? `${formatDay(seconds, zone).slice(5)} ${time.slice(0, 5)}` : formatDay(seconds, zone)
}

/** How long ago, under a minute; else the time. */
export function formatSince(seconds: number, now: number, zone: string): string {
  const age = Math.max(0, now - seconds)
  if (age < 60) return `${Math.round(age)} s ago`
  return formatDay(seconds, zone) === formatDay(now, zone) ? formatClock(seconds, zone) : formatTime(seconds, zone)
}

/** `14:02:11 to 14:03:11`, with the day where it is another one than that of `now`. */
export function formatInterval(from: number, to: number, now: number, zone: string): string {
  const isToday = formatDay(from, zone) === formatDay(now, zone) && formatDay(to, zone) === formatDay(now, zone)
  const format = isToday ? formatClock : formatTime
  return `${format(from, zone)} to ${format(to, zone)}`
}

/** `UTC`, `GMT+1`: the zone's short name at a moment. */
export function zoneName(zone: string, seconds: number): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' })
  return parts(format, seconds).timeZoneName ?? zone
}

// What every page shares: when, which rows, what is selected, and whether it follows the present. The view lives in the
// address and nowhere else, so a reload, a bookmark, a second browser and the Back button all show the same thing.
// Whatever an address says that is not understood is left out, and the rest is kept.
import type { TimeRange } from '@margay/query'
import { allOf, oneOf, type Search } from './address.ts'
import { defaultRange, endsNow, parseMoment, printMoment } from './moment.ts'
import { parsePill, printPill, type Pill } from './pill.ts'
import { parseSelection, printSelection, type Selection } from './selection.ts'

export interface View {
  readonly range: TimeRange
  /** KQL of the query bar. */
  readonly query: string
  readonly pills: readonly Pill[]
  /** IANA zone that times are shown and meant in; undefined is the browser's. */
  readonly zone: string | undefined
  /** New records come in as they happen. Only with a range that ends now. */
  readonly live: boolean
  readonly selection: Selection | undefined
}

/** The names of a view in the address. A page has names of its own beside them. */
const names = { from: 'from', to: 'to', query: 'q', pill: 'f', zone: 'tz', live: 'live', selection: 'sel' } as const

const isZone = (zone: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}

function readRange(search: Search): TimeRange {
  const from = parseMoment(oneOf(search[names.from]) ?? '', 'UTC')
  const to = parseMoment(oneOf(search[names.to]) ?? 'now', 'UTC')
  return from && to ? { from, to } : defaultRange
}

export function readView(search: Search): View {
  const range = readRange(search)
  const zone = oneOf(search[names.zone])
  return {
    range,
    query: oneOf(search[names.query]) ?? '',
    pills: allOf(search[names.pill]).flatMap((text) => parsePill(text) ?? []),
    zone: zone && isZone(zone) ? zone : undefined,
    live: oneOf(search[names.live]) === '1' && endsNow(range),
    selection: parseSelection(oneOf(search[names.selection]) ?? ''),
  }
}

const isDefault = (range: TimeRange): boolean =>
  printMoment(range.from) === printMoment(defaultRange.from) && endsNow(range)

/** The names of the view with their texts; undefined takes a name out of the address. */
export function writeView(view: View): Search {
  const { range, query, pills, zone, live, selection } = view
  return {
    [names.from]: isDefault(range) ? undefined : printMoment(range.from),
    [names.to]: endsNow(range) ? undefined : printMoment(range.to),
    [names.query]: query || undefined,
    [names.pill]: pills.length > 0 ? pills.map(printPill) : undefined,
    [names.zone]: zone,
    [names.live]: live && endsNow(range) ? '1' : undefined,
    [names.selection]: selection && printSelection(selection),
  }
}

/** The part of an address that other pages take along: everything shared but the selection, which is the page's own. */
export function sharedSearch(search: Search): Search {
  return writeView({ ...readView(search), selection: undefined })
}

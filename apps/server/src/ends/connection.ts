// From flow records to the connections they keep whole, and back: which records speak of the same one. Pure. The five-tuple
// is the same at both ends, except that behind a service address the source may only know what it dialled.
import type { Exemplar, Row, SocketAddress } from '@margay/model'
import { parseExemplar } from '@margay/model'
import type { Standpoint, View } from './joined.ts'

/** A connection that is asked about, with the record that has it; without exemplar the record itself is the question. */
export interface Asked {
  readonly row: Row
  readonly exemplar?: Exemplar
}

const standpoints: Readonly<Record<string, Standpoint>> = { src: 'source', dst: 'destination', fwd: 'way' }

export const standpointOf = ({ reporter }: Row): Standpoint => standpoints[String(reporter)] ?? 'source'

export const exemplarsOf = ({ exemplars }: Row): readonly Exemplar[] =>
  (Array.isArray(exemplars) ? (exemplars as readonly string[]) : []).flatMap((text) => parseExemplar(text) ?? [])

/** How the outcomes of the flow log are called that leave something to explain. */
const failures = new Set(['refused', 'unanswered', 'dropped', 'reset'])

export const isFailed = ({ action, outcome }: Row): boolean => action === 'deny' || failures.has(String(outcome))

/** The connections of a record, the newest first. */
export function askedOf(row: Row): readonly Asked[] {
  const whole = exemplarsOf(row).toSorted((a, b) => b.startMs - a.startMs)
  if (whole.length > 0) return whole.map((exemplar) => ({ row, exemplar }))
  return isFailed(row) ? [{ row }] : []
}

const isSame = (a: SocketAddress | undefined, b: SocketAddress | undefined): boolean =>
  a !== undefined && b !== undefined && a.ip === b.ip && a.port === b.port

/** Whether two exemplars are of one connection, as two places saw it. */
export const isSameConnection = (a: Exemplar, b: Exemplar): boolean =>
  a.proto === b.proto &&
  isSame(a.source, b.source) &&
  (isSame(a.dest, b.dest) || isSame(a.dialled, b.dest) || isSame(a.dest, b.dialled))

/** Each connection once, whichever of its records come first. */
export function distinct(asked: readonly Asked[]): readonly Asked[] {
  const found: Asked[] = []
  for (const one of asked) {
    const { exemplar } = one
    const isKnown = found.some((other) => exemplar && other.exemplar && isSameConnection(exemplar, other.exemplar))
    if (!isKnown) found.push(one)
  }
  return found
}

/** Whether two records are of one pair of ends and one port. */
export const isSamePair = (a: Row, b: Row): boolean =>
  a.source_ip === b.source_ip && a.dest_ip === b.dest_ip && a.proto === b.proto && a.dest_port === b.dest_port

const viewOf = (row: Row, exemplar?: Exemplar): View => ({
  at: standpointOf(row),
  host: String(row.host ?? ''),
  row,
  ...(exemplar && { exemplar }),
})

/** One report of each place and kind: a connection that is tried for minutes is in several records of one end. */
function newestOfEach(views: readonly View[]): readonly View[] {
  const newest = new Map<string, View>()
  for (const view of views) {
    const key = `${view.at} ${view.host} ${view.exemplar?.went} ${view.exemplar?.dropReason}`
    const before = newest.get(key)
    if (!before || Number(view.row.start_time) >= Number(before.row.start_time)) newest.set(key, view)
  }
  return [...newest.values()]
}

/** At one end a connection may have gone through several states; what it came to is told. */
const finality = ['reset', 'refused', 'slow', 'dropped', 'unanswered']
const byFinality = (a: View, b: View): number =>
  finality.indexOf(a.exemplar?.went ?? '') - finality.indexOf(b.exemplar?.went ?? '')

/**
 * What the records say of the connection (`views`), and of its pair without naming it (`pair`). Where the question is a
 * record without exemplars, what failed of the pair stands for it.
 */
export function viewsOf(
  { row, exemplar }: Asked,
  rows: readonly Row[],
): { views: readonly View[]; pair: readonly View[] } {
  if (!exemplar) {
    const others = rows.filter((other) => isSamePair(other, row) && standpointOf(other) !== standpointOf(row))
    const failed = newestOfEach(others.filter(isFailed).map((other) => viewOf(other)))
    return {
      views: [viewOf(row), ...failed],
      pair: others.filter((other) => !isFailed(other)).map((other) => viewOf(other)),
    }
  }
  const named = [row, ...rows].flatMap((other) =>
    exemplarsOf(other)
      .filter((each) => isSameConnection(each, exemplar))
      .map((each) => viewOf(other, each)),
  )
  const pair = rows.filter((other) => isSamePair(other, row) && !named.some((view) => view.row === other))
  return { views: newestOfEach(named).toSorted(byFinality), pair: pair.map((other) => viewOf(other)) }
}

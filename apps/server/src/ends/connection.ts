// From flow records to the connections they keep whole, and back: which records speak of the same one. Pure. The five-tuple
// is the same at both ends, except that behind a service address the source may only know what it dialled.
import type { Exemplar, Row, SocketAddress } from '@margay/model'
import { isFailed, parseExemplar } from '@margay/model'
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

/** Connections of the same key may be one; others are not. */
const startKey = ({ proto, source: { ip, port } }: Exemplar): string => `${proto} ${ip} ${port}`

/** Each connection once, whichever of its records come first. */
export function distinct(asked: readonly Asked[]): readonly Asked[] {
  const found = new Map<string, Exemplar[]>()
  return asked.filter(({ exemplar }) => {
    if (!exemplar) return true
    const key = startKey(exemplar)
    const same = found.get(key) ?? []
    if (same.some((other) => isSameConnection(exemplar, other))) return false
    found.set(key, [...same, exemplar])
    return true
  })
}

/** How many connections a row has of which its list holds only some; 0 where it holds all. */
export const cutTo = (row: Row): number => {
  const count = Number(row.num_exemplars ?? 0)
  return count > exemplarsOf(row).length ? count : 0
}

const pairKey = ({ cluster, source_ip: source, dest_ip: dest, proto, dest_port: port }: Row): string =>
  JSON.stringify([cluster, source, dest, proto, port])

export interface Counted {
  readonly connections: number
  /** False where there may be more: lists were cut, and several of one pair may or may not leave out the same. */
  readonly isExact: boolean
}

/** How many connections some records speak of. A pair has as many as are named, or as the longest of its lists had. */
export function countConnections(rows: readonly Row[]): Counted {
  const pairs = Map.groupBy(rows, pairKey)
  const named = Map.groupBy(distinct(rows.flatMap(askedOf)), ({ row }) => pairKey(row))
  const counts = Array.from(pairs, ([key, of]): Counted => {
    const known = named.get(key)?.length ?? 0
    const longest = Math.max(0, ...of.map(cutTo))
    return { connections: Math.max(known, longest), isExact: longest === 0 || of.length === 1 }
  })
  return {
    connections: counts.reduce((sum, { connections }) => sum + connections, 0),
    isExact: counts.every(({ isExact }) => isExact),
  }
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

// The records that speak of the connections asked about: those that a search finds, and those of the other end. One question
// for all connections, each narrowed to its own time, source and five-tuple; where that brings more records than are read, the
// question is asked in halves. What must stay true: a list that was cut is never taken for a silence.
import type { Exemplar, Row } from '@margay/model'
import { failedOutcomes, flowLog, printSocketAddress } from '@margay/model'
import type { Filter, Question, TimeRange } from '@margay/query'
import { allOf, anyOf, fieldIs, literal } from '@margay/query'
import type { Store } from '@margay/store'
import type { Asked } from './connection.ts'
import { mostRecords } from './joined.ts'

export interface FindDeps {
  readonly store: Pick<Store, 'ask'>
  /** Unix seconds. */
  readonly now: number
  readonly signal: AbortSignal
}

/** Clocks of two nodes may differ, and a connection that is tried again is in later records too. */
const aroundSeconds = 30
/** Times a question that brings too much is asked in halves: beyond that the records are too dense to tell them apart. */
const mostHalvings = 3
/** Records of a search beyond those told, from which it is counted how many more there are. */
const mostCounted = 5_000
const pageRows = 1_000

/** What is read of a record. */
const fields = [
  'start_time',
  'end_time',
  'cluster',
  'host',
  'reporter',
  'action',
  'outcome',
  'drop_reason',
  'evidence',
  'evidence_missing',
  'proto',
  'exemplars',
  'num_exemplars',
  'packets_in',
  'packets_out',
  'process_name',
  'policies.enforced_policies',
  'dest_domains',
  'dest_domain_aliases',
  'dest_service_name',
  'dest_service_namespace',
  ...(['source', 'dest'] as const).flatMap((end) =>
    ['ip', 'port', 'name', 'name_aggr', 'namespace', 'type'].map((part) => `${end}_${part}`),
  ),
]

const hasExemplars: Filter = { kind: 'range', field: literal('num_exemplars'), comparison: '>', value: literal('0') }
const leavesToExplain: Filter = anyOf(
  hasExemplars,
  fieldIs('action', 'deny'),
  ...failedOutcomes.map((outcome) => fieldIs('outcome', outcome)),
)

/** Everything of a record that says which connections it speaks of. */
const countedFields = [
  ...['source_ip', 'dest_ip', 'dest_port', 'proto', 'cluster'],
  ...['reporter', 'action', 'outcome', 'exemplars', 'num_exemplars'],
]

interface Wanted {
  readonly filter: Filter
  readonly range: TimeRange
  readonly zone: string
  readonly limit: number
  readonly fields?: readonly string[]
}

export interface Found {
  readonly rows: readonly Row[]
  /** Where to go on; absent where these are all. */
  readonly cursor?: string
}

/** The newest records, at most `limit`. */
async function rowsOf(wanted: Wanted, { store, now, signal }: FindDeps, cursor?: string): Promise<Found> {
  const { filter, range, zone, limit, fields: named = fields } = wanted
  const sort = { field: flowLog.time, descending: true }
  const question: Question = {
    logType: flowLog.name,
    range,
    filter,
    zone,
    reports: 'every',
    select: { kind: 'rows', fields: named, sort, limit, ...(cursor !== undefined && { cursor }) },
  }
  const { answer } = await store.ask(question, { now, signal })
  if (answer.kind !== 'rows') throw new Error('BUG: asked for rows, got groups')
  return answer
}

export interface Searched extends Found {
  /** Those that follow, as far as they are counted, with what says of which connections they speak alone. */
  readonly rest: () => Promise<Found>
}

/** The newest records of a search that leave something to explain. */
export async function searchedRows(
  filter: Filter,
  range: TimeRange,
  zone: string,
  limit: number,
  deps: FindDeps,
): Promise<Searched> {
  const wanted = { filter: allOf(filter, leavesToExplain), range, zone, limit }
  const first = await rowsOf(wanted, deps)
  const rest = async (): Promise<Found> => {
    const rows: Row[] = []
    let { cursor } = first
    while (cursor !== undefined && rows.length < mostCounted) {
      const page: Found = await rowsOf({ ...wanted, limit: pageRows, fields: countedFields }, deps, cursor)
      rows.push(...page.rows)
      cursor = page.cursor
    }
    return { rows, ...(cursor !== undefined && { cursor }) }
  }
  return { ...first, rest }
}

const timeText = (seconds: number) => literal(new Date(seconds * 1000).toISOString(), true)

/** The time in which records of a connection may be. */
function timeOf({ start_time: start, end_time: end }: Row) {
  return { from: Number(start) - aroundSeconds, to: Number(end ?? start) + aroundSeconds }
}

function withinTime(row: Row): readonly Filter[] {
  const { from, to } = timeOf(row)
  const field = literal(flowLog.time)
  return [
    { kind: 'range', field, comparison: '>=', value: timeText(from) },
    { kind: 'range', field, comparison: '<', value: timeText(to) },
  ]
}

const sameField = (row: Row, field: string): readonly Filter[] =>
  row[field] === undefined ? [] : [fieldIs(field, String(row[field]))]

/** Records of the same pair of ends, protocol and port. */
function pairFilter(row: Row): Filter {
  const noDest: Filter = { kind: 'not', filter: { kind: 'exists', field: literal('dest_ip') } }
  const dest = row.dest_ip === undefined ? [noDest] : sameField(row, 'dest_ip')
  return allOf(...dest, ...sameField(row, 'proto'), ...sameField(row, 'dest_port'))
}

/** Records that name the connection: behind a service they may have another destination. */
function namesFilter({ proto, source }: Exemplar): Filter {
  const start = `${proto} ${printSocketAddress(source)}>`
  return { kind: 'is', field: literal('exemplars'), value: { pieces: ['', start, ''], quoted: false } }
}

/** All that any end, or a node between, may have reported of one connection or of its pair. */
function aroundFilter({ row, exemplar }: Asked): Filter {
  const speaks = exemplar ? anyOf(pairFilter(row), namesFilter(exemplar)) : pairFilter(row)
  return allOf(...sameField(row, 'source_ip'), ...sameField(row, 'cluster'), ...withinTime(row), speaks)
}

export interface Around {
  readonly rows: readonly Row[]
  /** Connections of which more records speak than were read: what is not among the rows may be all the same. */
  readonly crowded: ReadonlySet<Asked>
}

const nothing: Around = { rows: [], crowded: new Set() }

async function aroundAll(asked: readonly Asked[], deps: FindDeps, halvings = mostHalvings): Promise<Around> {
  const times = asked.map(({ row }) => timeOf(row))
  const range = {
    from: { at: Math.min(...times.map(({ from }) => from)) },
    to: { at: Math.max(...times.map(({ to }) => to)) },
  }
  const filters = new Map(asked.map(aroundFilter).map((filter) => [JSON.stringify(filter), filter]))
  const filter = anyOf(...filters.values())
  const { rows, cursor } = await rowsOf({ filter, range, zone: 'UTC', limit: mostRecords }, deps)
  if (cursor === undefined) return { rows, crowded: nothing.crowded }
  if (asked.length === 1 || halvings === 0) return { rows, crowded: new Set(asked) }
  const middle = Math.ceil(asked.length / 2)
  const parts = [asked.slice(0, middle), asked.slice(middle)]
  const halves = [await aroundAll(parts[0]!, deps, halvings - 1), await aroundAll(parts[1]!, deps, halvings - 1)]
  return {
    rows: halves.flatMap((half) => half.rows),
    crowded: new Set(halves.flatMap(({ crowded }) => [...crowded])),
  }
}

/** The records around the connections: all that any end, or a node between, reported of them or of their pair. */
export function recordsAround(asked: readonly Asked[], deps: FindDeps): Promise<Around> {
  const known = asked.filter(({ row }) => row.source_ip !== undefined)
  return known.length === 0 ? Promise.resolve(nothing) : aroundAll(known, deps)
}

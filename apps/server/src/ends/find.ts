// The records that speak of the connections asked about: those that a search finds, and those of the other end. Two questions
// to the store at most, however many connections there are.
import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import type { Filter, Question, TimeRange } from '@margay/query'
import { literal } from '@margay/query'
import type { Store } from '@margay/store'
import type { Asked } from './connection.ts'

export interface FindDeps {
  readonly store: Pick<Store, 'ask'>
  /** Unix seconds. */
  readonly now: number
  readonly signal: AbortSignal
}

/** Clocks of two nodes may differ, and a connection that is tried again is in later records too. */
const aroundSeconds = 30
const mostRows = 5_000

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
  'proto',
  'exemplars',
  'num_exemplars',
  'packets_in',
  'packets_out',
  'process_name',
  'policies.enforced_policies',
  'dest_domains',
  ...(['source', 'dest'] as const).flatMap((end) =>
    ['ip', 'port', 'name', 'name_aggr', 'namespace', 'type'].map((part) => `${end}_${part}`),
  ),
]

const is = (field: string, value: string): Filter => ({
  kind: 'is',
  field: literal(field),
  value: literal(value, true),
})
const and = (...filters: readonly Filter[]): Filter => ({ kind: 'and', filters })
const or = (...filters: readonly Filter[]): Filter => ({ kind: 'or', filters })

const hasExemplars: Filter = { kind: 'range', field: literal('num_exemplars'), comparison: '>', value: literal('0') }
const leavesToExplain: Filter = or(
  hasExemplars,
  is('action', 'deny'),
  ...['refused', 'unanswered', 'dropped', 'reset'].map((outcome) => is('outcome', outcome)),
)

async function rowsOf(
  filter: Filter,
  range: TimeRange,
  zone: string,
  limit: number,
  deps: FindDeps,
): Promise<readonly Row[]> {
  const question: Question = {
    logType: flowLog.name,
    range,
    filter,
    zone,
    reports: 'every',
    select: { kind: 'rows', fields, sort: { field: 'start_time', descending: true }, limit },
  }
  const { answer } = await deps.store.ask(question, { now: deps.now, signal: deps.signal })
  if (answer.kind !== 'rows') throw new Error('BUG: asked for rows, got groups')
  return answer.rows
}

/** The newest records of a search that leave something to explain. */
export const searchedRows = (
  filter: Filter,
  range: TimeRange,
  zone: string,
  limit: number,
  deps: FindDeps,
): Promise<readonly Row[]> => rowsOf(and(filter, leavesToExplain), range, zone, limit, deps)

/** Records of one conversation, or that name a connection of the same source: behind a service they may have another destination. */
function pairFilter({ source_ip: source, dest_ip: dest, cluster }: Row): Filter {
  const ofPair = dest === undefined ? hasExemplars : or(is('dest_ip', String(dest)), hasExemplars)
  const ofCluster = cluster === undefined ? [] : [is('cluster', String(cluster))]
  return and(is('source_ip', String(source)), ofPair, ...ofCluster)
}

/** The records around the connections: all that any end, or a node between, reported of them or of their pair. */
export async function recordsAround(asked: readonly Asked[], deps: FindDeps): Promise<readonly Row[]> {
  const rows = asked.map(({ row }) => row).filter(({ source_ip: source }) => source !== undefined)
  if (rows.length === 0) return []
  const pairs = new Map(rows.map((row) => [JSON.stringify([row.source_ip, row.dest_ip, row.cluster]), pairFilter(row)]))
  const times = rows.flatMap(({ start_time: start, end_time: end }) => [Number(start), Number(end ?? start)])
  const range = { from: { at: Math.min(...times) - aroundSeconds }, to: { at: Math.max(...times) + aroundSeconds } }
  return rowsOf(or(...pairs.values()), range, 'UTC', mostRows, deps)
}

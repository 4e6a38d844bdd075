// POST /flows/ends: for a record, or for the newest failed and slow connections of a search, what both ends saw. The records
// are found, joined by five-tuple, and judged; policies are asked only where a rule may have decided.
import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import type { ConnectionEnds, DecodedEndsRequest } from '@margay/wire'
import { answerOf, mayBePolicy } from '../ends/answer.ts'
import type { Asked } from '../ends/connection.ts'
import { askedOf, countConnections, distinct } from '../ends/connection.ts'
import type { FindDeps, Searched } from '../ends/find.ts'
import { recordsAround, searchedRows } from '../ends/find.ts'
import { join, momentOf } from '../ends/join.ts'
import type { Joined } from '../ends/joined.ts'
import { failedLookups } from '../ends/lookups.ts'
import type { Reporter } from '../intern/agents.ts'
import type { AddressMoment } from '../segment/ingest-protocol.ts'
import { checkRange } from './cluster/as-of.ts'
import type { HandlerDeps, JsonHandler } from './context.ts'
import { readFilter } from './filter.ts'
import { readFlowRecord } from './flow-record.ts'
import { policyOf } from './policy-opinion.ts'
import { checkAsked } from './turns.ts'

/** Records that a search is answered from, for each connection wanted. */
const rowsPerConnection = 10

async function rowsAsked(request: DecodedEndsRequest, deps: FindDeps): Promise<Searched> {
  if ('record' in request) {
    return { rows: [readFlowRecord(request.record, deps.now)], rest: () => Promise.resolve({ rows: [] }) }
  }
  checkRange(request.range, deps.now)
  const { filter } = readFilter(flowLog, request, deps.now)
  return searchedRows(filter, request.range, request.zone, request.limit * rowsPerConnection, deps)
}

async function withPolicy(joined: Joined, row: Row, deps: HandlerDeps): Promise<Joined> {
  if (!mayBePolicy(joined)) return joined
  const policy = await policyOf(row, deps)
  return policy ? { ...joined, policy } : joined
}

const addressesOf = ({ row, exemplar }: Asked): readonly AddressMoment[] =>
  [exemplar?.source.ip ?? row.source_ip, exemplar?.dest.ip ?? row.dest_ip].map((ip) => ({
    ip: String(ip ?? ''),
    moment: momentOf(row),
  }))

/** Answers for connections. */
async function answersTo(asked: readonly Asked[], find: FindDeps, deps: HandlerDeps): Promise<ConnectionEnds[]> {
  if (asked.length === 0) return []
  const [around, lookups, reporters] = await Promise.all([
    recordsAround(asked, find),
    failedLookups(asked, find),
    deps.ends.reporters(asked.flatMap(addressesOf)),
  ])
  const none: Reporter = { state: 'none' }
  const answers: ConnectionEnds[] = []
  // One after the other: the clusters of many moments, each read for itself, would not fit beside each other.
  for (const [at, one] of asked.entries()) {
    checkAsked(find.signal)
    const who = { source: reporters[at * 2] ?? none, dest: reporters[at * 2 + 1] ?? none }
    answers.push(answerOf(await withPolicy(join(one, around, who, find.now), one.row, deps), one, lookups))
  }
  return answers
}

export const ends: JsonHandler<'ends'> = async ({ body, signal }, deps) => {
  const find = { store: deps.store, now: deps.now(), signal }
  const searched = await rowsAsked(body, find)
  const asked = distinct(searched.rows.flatMap(askedOf)).slice(0, body.limit)
  const [connections, rest] = await Promise.all([answersTo(asked, find, deps), searched.rest()])
  const counted = countConnections([...searched.rows, ...rest.rows])
  return {
    connections,
    more: counted.connections - connections.length,
    exact: counted.isExact && rest.cursor === undefined,
  }
}

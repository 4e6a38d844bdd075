// POST /flows/ends: for a record, or for the newest failed and slow connections of a search, what both ends saw. The records
// are found, joined by five-tuple, and judged; policies are asked only where a rule may have decided.
import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import type { ConnectionEnds, DecodedEndsRequest } from '@margay/wire'
import { checkRange } from '../api/cluster/as-of.ts'
import type { HandlerDeps, JsonHandler } from '../api/context.ts'
import { readFilter } from '../api/filter.ts'
import { readFlowRecord } from '../api/flow-record.ts'
import { checkAsked } from '../api/turns.ts'
import type { Reporter } from '../intern/agents.ts'
import type { AddressMoment } from '../segment/ingest-protocol.ts'
import type { Asked } from './connection.ts'
import { askedOf, countConnections, distinct, viewsOf } from './connection.ts'
import type { Decision } from './decide.ts'
import { decide, fixOf } from './decide.ts'
import { evidenceOf } from './evidence.ts'
import type { Around, FindDeps, Searched } from './find.ts'
import { recordsAround, searchedRows } from './find.ts'
import type { FailedLookup } from './lookups.ts'
import { failedLookups, lookupEvidence } from './lookups.ts'
import type { Joined } from './joined.ts'
import { policyOf } from './policy-opinion.ts'
import { sentenceOf } from './sentence.ts'

export interface EndsDeps {
  /** Who reports what each address does at its moment, in the order asked. */
  readonly reporters: (of: readonly AddressMoment[]) => Promise<readonly Reporter[]>
}

/** Records that a search is answered from, for each connection wanted. */
const rowsPerConnection = 10
/** An agent's rows are stored some seconds after its interval; before that the other end's may be on their way. */
const freshSeconds = 10

async function rowsAsked(request: DecodedEndsRequest, deps: FindDeps): Promise<Searched> {
  if ('record' in request) {
    return { rows: [readFlowRecord(request.record, deps.now)], rest: () => Promise.resolve({ rows: [] }) }
  }
  checkRange(request.range, deps.now)
  const { filter } = readFilter(flowLog, request, deps.now)
  return searchedRows(filter, request.range, request.zone, request.limit * rowsPerConnection, deps)
}

const text = (value: Row[string]): string | undefined =>
  typeof value === 'string' && value !== '' && value !== '-' ? value : undefined

/** `namespace/pod`, host or network set by name; any other network by its address. */
function nameOf(row: Row, end: 'source' | 'dest'): string {
  const type = row[`${end}_type`]
  const name = text(row[`${end}_name`]) ?? text(row[`${end}_name_aggr`])
  const namespace = text(row[`${end}_namespace`])
  if (type === 'net' || name === undefined) return text(row[`${end}_ip`]) ?? 'an unknown address'
  return namespace === undefined ? name : `${namespace}/${name}`
}

const momentOf = ({ start_time: start, end_time: end }: Row): number => Number(end ?? start)

/** Ports that Kubernetes gives to services at every node, unless it is told others. */
const nodePorts = { first: 30_000, last: 32_767 }

/** Whether a host answers for a service: then a pod does, elsewhere and by another address. */
function isHandedOn(row: Row, port: number | undefined): boolean {
  if (row.dest_type !== 'hep') return false
  const isNodePort = port !== undefined && port >= nodePorts.first && port <= nodePorts.last
  return isNodePort || text(row.dest_service_name) !== undefined
}

function join(asked: Asked, { rows, crowded }: Around, reporters: Joined['reporters'], now: number): Joined {
  const { row, exemplar } = asked
  const port = row.dest_port === undefined ? {} : { port: Number(row.dest_port) }
  const { views, pair } = viewsOf(asked, rows)
  const starts = views.map((view) => view.exemplar?.startMs ?? Number(view.row.start_time) * 1000)
  return {
    startMs: Math.min(...starts),
    proto: exemplar?.proto ?? String(row.proto ?? ''),
    source: exemplar?.source ?? { ip: String(row.source_ip ?? '') },
    dest: exemplar?.dest ?? { ip: String(row.dest_ip ?? ''), ...port },
    ...(exemplar?.dialled && { dialled: exemplar.dialled }),
    names: { source: nameOf(row, 'source'), dest: nameOf(row, 'dest') },
    leavesCluster: row.dest_type === 'net' || row.dest_type === 'ns',
    isHandedOn: isHandedOn(row, exemplar?.dest.port ?? port.port),
    views,
    pair,
    reporters,
    isFresh: now - momentOf(row) < freshSeconds,
    isCrowded: crowded.has(asked),
  }
}

/** Fates that a policy may be behind. */
const mayBePolicy = ({ fate, decided }: Decision): boolean =>
  fate === 'denied' ||
  fate === 'rejected' ||
  fate === 'lost_on_the_way' ||
  fate === 'cannot_tell' ||
  fate === 'no_answer_outside' ||
  (fate === 'dropped' && decided.by === 'rule')

function answerOf(joined: Joined, asked: Asked, lookups: readonly FailedLookup[]): ConnectionEnds {
  const decision = decide(joined)
  const isOwn = decision.by?.exemplar !== undefined || decision.by?.row === asked.row
  const { fate, left, arrived, decided } = decision
  const { startMs, proto, source, dest, dialled, names, reporters } = joined
  const fix = fixOf(joined, decided)
  const hosts = { source: reporters.source.host, dest: reporters.dest.host }
  return {
    start: startMs,
    proto,
    source: { name: names.source, ...source, ...(hosts.source !== undefined && { host: hosts.source }) },
    dest: { name: names.dest, ...dest, ...(hosts.dest !== undefined && { host: hosts.dest }) },
    ...(dialled && { dialled }),
    fate,
    left,
    arrived,
    decided,
    sentence: sentenceOf(joined, decision),
    ...(fate === 'denied' && fix !== undefined && { fix }),
    evidence: [...lookupEvidence(asked, lookups), ...evidenceOf(joined, decision)],
    // What was decided by another record of the pair may have been another connection.
    sure: decision.sure && isOwn && !joined.isCrowded,
  }
}

async function withPolicy(joined: Joined, row: Row, deps: HandlerDeps): Promise<Joined> {
  if (!mayBePolicy(decide(joined))) return joined
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

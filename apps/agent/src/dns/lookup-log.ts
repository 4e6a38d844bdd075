// Lookups to rows: one per client, name, type and outcome in an interval. What finds no room is counted in a row of type
// UNLOGGED, as Calico's log does.
import type { Row } from '@margay/model'
import type { RecordSink } from '@margay/wire'
import { createSeriesCache } from '../flow/series-cache.ts'
import type { Container } from '../process/cgroup.ts'
import type { DnsRecord } from './message.ts'
import type { Lookup } from './pairing.ts'

export type Hop = 'client' | 'upstream'

/** Who asked whom. */
export interface DnsClient {
  readonly clientIp: string
  readonly serverIp: string
  readonly netns: number
  readonly cgroup: number
  readonly transport: 'udp' | 'tcp'
  readonly processName: string
  readonly pid: number
  readonly args: string | undefined
  readonly container: Container
  readonly hop: Hop
}

interface Group {
  readonly dimensions: Row
  readonly client: DnsClient
  readonly qname: string | undefined
  readonly answers: Map<string, DnsRecord>
  readonly pids: Set<number>
  readonly args: Set<string>
  count: number
  tries: number
  timed: number
  latencySum: number
  latencyMax: number
}

export interface LookupLog {
  add(lookup: Lookup<DnsClient>): void
  /** Writes what was added since the last call. */
  write(startTime: number, endTime: number): void
}

export interface LookupLogConfig {
  readonly maxRows: number
  readonly maxArgs: number
}

/** Distinct records of one row; a name with more addresses than this is a content network's. */
const maxRecords = 64

export function dimensionsOf({ client, question, answer }: Lookup<DnsClient>): Row {
  return {
    type: 'LOG',
    hop: client.hop,
    transport: client.transport,
    qtype: question?.type,
    qclass: question?.class,
    rcode: answer?.ok ? answer.message.code : undefined,
    outcome: answer === undefined ? 'unanswered' : answer.ok ? 'answered' : 'malformed',
    process_name: client.processName,
    container: client.container.container,
    pod_uid: client.container.podUid,
  }
}

/** Records of one owner, type and class are one set with several data. */
function recordSets(records: Iterable<DnsRecord>): Row {
  const sets = new Map<string, { record: DnsRecord; data: string[] }>()
  for (const record of records) {
    const key = `${record.name} ${record.type} ${record.class}`
    const known = sets.get(key)
    if (known) known.data.push(record.data)
    else sets.set(key, { record, data: [record.data] })
  }
  const all = [...sets.values()]
  if (all.length === 0) return {}
  return {
    'rrsets.name': all.map(({ record }) => record.name),
    'rrsets.type': all.map(({ record }) => record.type),
    'rrsets.class': all.map(({ record }) => record.class),
    'rrsets.rdata': all.map(({ data }) => data),
  }
}

function detailsOf(group: Group): Row {
  const { client, pids, args } = group
  return {
    client_ip: client.clientIp,
    'servers.ip': [client.serverIp],
    qname: group.qname,
    netns: client.netns,
    process_id: pids.size === 1 ? String(client.pid) : '*',
    ...(args.size > 0 ? { process_args: [...args] } : {}),
    ...recordSets(group.answers.values()),
    count: group.count,
    tries: group.tries,
    latency_count: group.timed,
    ...(group.timed > 0
      ? { latency_mean: Math.round(group.latencySum / group.timed), latency_max: group.latencyMax }
      : {}),
  }
}

const createGroup = (lookup: Lookup<DnsClient>): Group => ({
  dimensions: dimensionsOf(lookup),
  client: lookup.client,
  qname: lookup.question?.name,
  answers: new Map(),
  pids: new Set(),
  args: new Set(),
  count: 0,
  tries: 0,
  timed: 0,
  latencySum: 0,
  latencyMax: 0,
})

function addLookup(group: Group, { client, tries, latencyNs, answer }: Lookup<DnsClient>, maxArgs: number): void {
  group.count++
  group.tries += tries
  group.pids.add(client.pid)
  if (client.args !== undefined && group.args.size < maxArgs) group.args.add(client.args)
  if (latencyNs !== undefined) {
    group.timed++
    group.latencySum += latencyNs
    group.latencyMax = Math.max(group.latencyMax, latencyNs)
  }
  if (!answer?.ok) return
  for (const record of answer.message.answers) {
    if (group.answers.size < maxRecords) group.answers.set(`${record.name} ${record.type} ${record.data}`, record)
  }
}

const keyOf = (dimensions: Row, { client, question }: Lookup<DnsClient>) =>
  `${JSON.stringify(dimensions)} ${client.clientIp} ${client.serverIp} ${client.netns} ${question?.name ?? ''}`

export function createLookupLog(config: LookupLogConfig, deps: { readonly sink: RecordSink }): LookupLog {
  const { sink } = deps
  const series = createSeriesCache(sink)
  const numberOf = (dimensions: Row) => series.of(undefined, 'dns', () => dimensions).number
  let groups = new Map<string, Group>()
  let unlogged = 0
  return {
    add(lookup) {
      const key = keyOf(dimensionsOf(lookup), lookup)
      const known = groups.get(key)
      if (!known && groups.size >= config.maxRows) {
        unlogged++
        return
      }
      const group = known ?? createGroup(lookup)
      if (!known) groups.set(key, group)
      addLookup(group, lookup, config.maxArgs)
    },
    write(startTime, endTime) {
      const times = { start_time: startTime, end_time: endTime }
      for (const group of groups.values()) {
        sink.add(numberOf(group.dimensions), { ...times, ...detailsOf(group) })
      }
      if (unlogged > 0) sink.add(numberOf({ type: 'UNLOGGED' }), { ...times, count: unlogged })
      groups = new Map()
      unlogged = 0
    },
  }
}

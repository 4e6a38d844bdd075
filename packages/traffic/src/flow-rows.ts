// Rows of one conversation in one interval, as both ends' agents would have written them.
import type { Row } from '@margay/model'
import type { Interval } from './clock.ts'
import { rhythm } from './clock.ts'
import type { Cluster, Pod } from './cluster.ts'
import type { Conversation } from './conversations.ts'
import type { Emission } from './emission.ts'
import type { Fate } from './incidents.ts'
import { fateOf, reports } from './incidents.ts'
import type { Site } from './outside.ts'
import { siteOf, visitor } from './outside.ts'
import type { Judgement } from './policies.ts'
import { judge } from './policies.ts'
import type { Random } from './random.ts'
import { around, createRandom, hashText, mix, pick, poisson } from './random.ts'
import { clusterName, serviceNameOf } from './workloads.ts'

/** An end of a pair: a pod, visitors, or a site. */
type End = { readonly pod: Pod } | { readonly visitors: true } | { readonly site: Site }

interface Pair {
  readonly talk: Conversation
  readonly source: End
  readonly dest: End
  /** Its part of the conversation's connections. */
  readonly share: number
  readonly seed: number
  readonly src: Map<string, Row>
  readonly dst: Map<string, Row>
}

/** What the ends say at a moment. */
interface Situation {
  readonly fate: Fate
  readonly egress: Judgement
  readonly ingress: Judgement
}

const allowed: Judgement = { action: 'allow', trace: [] }
/** Header of a TCP segment with its IP header and timestamps. */
const headers = 52
const mss = 1448

const endsOf = (talk: Conversation['from'], cluster: Cluster): End[] => {
  if ('visitors' in talk) return [{ visitors: true }]
  if ('site' in talk) return [{ site: siteOf(talk.site) }]
  return (cluster.podsOf.get(talk.workload) ?? []).map((pod) => ({ pod }))
}

/** The pairs of pods of a conversation. What keeps connections open prefers the first pod, as a primary is preferred. */
export function pairsOf(talk: Conversation, cluster: Cluster, seed: number): Pair[] {
  const sources = endsOf(talk.from, cluster)
  const all = endsOf(talk.to, cluster)
  const dests = talk.pool > 0 ? all.slice(0, 1) : all
  return sources.flatMap((source, i) =>
    dests.map((dest, j): Pair => ({
      talk,
      source,
      dest,
      share: 1 / (sources.length * dests.length),
      seed: mix(seed, hashText(talk.id), i, j),
      src: new Map(),
      dst: new Map(),
    })),
  )
}

function endFields(prefix: 'source' | 'dest', end: End): Row {
  if ('pod' in end) {
    const { name, nameAggr, namespace, labels } = end.pod
    return {
      [`${prefix}_name`]: name,
      [`${prefix}_name_aggr`]: nameAggr,
      [`${prefix}_namespace`]: namespace,
      [`${prefix}_type`]: 'wep',
      [`${prefix}_labels.labels`]: labels,
    }
  }
  return {
    [`${prefix}_name`]: '-',
    [`${prefix}_name_aggr`]: 'pub',
    [`${prefix}_namespace`]: '-',
    [`${prefix}_type`]: 'net',
  }
}

function serviceFields({ talk, dest }: Pair): Row {
  if (!talk.servicePort || !('pod' in dest)) {
    return { dest_service_name: '-', dest_service_namespace: '-', dest_service_port: '-' }
  }
  return {
    dest_service_name: serviceNameOf(dest.pod.workload),
    dest_service_namespace: dest.pod.namespace,
    dest_service_port: talk.servicePort,
    dest_service_port_num: talk.port,
  }
}

function ownFields(pod: Pod, name: string): Row {
  return { host: pod.node, process_name: name, container: pod.container, pod_uid: pod.uid }
}

type Outcome = 'established' | 'refused' | 'unanswered' | 'dropped'

function verdictFields(judgement: Judgement, outcome: Outcome): Row {
  const denied = judgement.action === 'deny'
  return {
    action: judgement.action,
    outcome,
    evidence: denied ? 'observed' : 'evaluated',
    ...(outcome === 'dropped' && { drop_reason: 'NETFILTER_DROP' }),
    'policies.enforced_policies': judgement.trace,
    'policies.pending_policies': judgement.trace,
  }
}

/** Dimensions are made once for a pair, a side and what is said there; later rows get the same object. */
function dimensions(pair: Pair, side: 'src' | 'dst', pod: Pod, judgement: Judgement, outcome: Outcome): Row {
  const key = `${outcome} ${judgement.action} ${judgement.trace.join(' ')}`
  const known = pair[side].get(key)
  if (known) return known
  const program = side === 'src' ? (pair.talk.program ?? pod.workload.program) : pod.workload.program
  const made: Row = Object.freeze({
    cluster: clusterName,
    origin: 'demo',
    reporter: side,
    direction: side === 'src' ? 'egress' : 'ingress',
    local: false,
    proto: pair.talk.proto,
    dest_port: pair.talk.port,
    ...endFields('source', pair.source),
    ...endFields('dest', pair.dest),
    ...serviceFields(pair),
    ...ownFields(pod, program.name),
    ...verdictFields(judgement, outcome),
  })
  pair[side].set(key, made)
  return made
}

/** What went over the wire, from the source's point of view. */
interface Volume {
  readonly connections: number
  readonly started: number
  readonly bytesOut: number
  readonly packetsOut: number
  readonly bytesIn: number
  readonly packetsIn: number
  readonly resent: number
  readonly rttUs: number
}

function attempts(connections: number, resends: number): Volume {
  const packetsOut = connections * (1 + resends)
  const bytesOut = packetsOut * 60
  const none = { bytesIn: 0, packetsIn: 0, rttUs: 0 }
  return { connections, started: connections, bytesOut, packetsOut, resent: connections * resends, ...none }
}

function datagrams(random: Random, { sent, received }: Conversation, connections: number): Volume {
  const bytesOut = Math.round(connections * (28 + around(random, sent, 0.1)))
  const bytesIn = Math.round(connections * (28 + around(random, received, 0.2)))
  const packets = { packetsOut: connections, packetsIn: connections }
  return { connections, started: connections, bytesOut, bytesIn, ...packets, resent: 0, rttUs: 0 }
}

function segments(random: Random, { talk, dest }: Pair, requests: number, seconds: number): Volume {
  const sent = requests * around(random, talk.sent)
  const received = requests * around(random, talk.received)
  const connections = talk.pool > 0 ? talk.pool : requests
  const started = talk.pool > 0 ? poisson(random, (talk.pool * seconds) / 3600) : requests
  const dataOut = Math.ceil(sent / mss) + requests
  const dataIn = Math.ceil(received / mss) + requests
  const packetsOut = dataOut + Math.ceil(dataIn / 2) + started * 2
  const packetsIn = dataIn + Math.ceil(dataOut / 2) + started * 2
  const resent = poisson(random, packetsOut * 0.0002)
  // node-5 sits behind a tired switch: its answers take six times as long.
  const slow = 'pod' in dest && dest.pod.node === 'node-5' ? 6 : 1
  return {
    connections,
    started,
    bytesOut: Math.round(sent + packetsOut * headers),
    packetsOut,
    bytesIn: Math.round(received + packetsIn * headers),
    packetsIn,
    resent,
    rttUs: Math.round(around(random, talk.rttUs * slow, 0.15)),
  }
}

function tcpFields({ rttUs, resent }: Volume): Row {
  if (rttUs === 0) return { tcp_total_retransmissions: resent, tcp_lost_packets: resent, tcp_unrecovered_to: 0 }
  return {
    tcp_mean_send_congestion_window: 10,
    tcp_min_send_congestion_window: 10,
    tcp_mean_smooth_rtt: rttUs,
    tcp_max_smooth_rtt: Math.round(rttUs * 1.7),
    tcp_mean_min_rtt: Math.round(rttUs * 0.72),
    tcp_max_min_rtt: Math.round(rttUs * 0.95),
    tcp_mean_mss: mss,
    tcp_min_mss: mss,
    tcp_total_retransmissions: resent,
    tcp_lost_packets: resent,
    tcp_unrecovered_to: 0,
  }
}

function volumeFields(side: 'src' | 'dst', volume: Volume): Row {
  const { connections, started, bytesIn, bytesOut, packetsIn, packetsOut } = volume
  const [inwards, outwards] =
    side === 'src'
      ? [
          [bytesIn, packetsIn],
          [bytesOut, packetsOut],
        ]
      : [
          [bytesOut, packetsOut],
          [bytesIn, packetsIn],
        ]
  return {
    bytes_in: inwards[0]!,
    bytes_out: outwards[0]!,
    packets_in: inwards[1]!,
    packets_out: outwards[1]!,
    num_flows: connections,
    num_flows_started: started,
    num_flows_completed: started,
  }
}

const addressOf = (end: End, random: Random): string => {
  if ('pod' in end) return end.pod.ip
  return 'site' in end ? pick(random, end.site.addresses) : visitor(random)
}

function restOf(
  pair: Pair,
  side: 'src' | 'dst',
  pod: Pod,
  interval: Interval,
  addresses: Row,
  volume: Volume,
  counts: boolean,
): Row {
  const program = side === 'src' ? (pair.talk.program ?? pod.workload.program) : pod.workload.program
  const named = side === 'src' && 'site' in pair.dest && pair.dest.site.name !== ''
  return {
    start_time: interval.start,
    end_time: interval.end,
    ...addresses,
    ...(named && { dest_domains: [pair.dest.site.name], dest_domain_source: 'dns' }),
    counts,
    partial: false,
    ...volumeFields(side, volume),
    process_id: program.pid,
    process_args: [program.args],
    num_process_names: 1,
    num_process_ids: 1,
    num_process_args: 1,
    netns: pod.netns,
    ...(pair.talk.proto === 'tcp' && tcpFields(volume)),
  }
}

/** What each side reports of an attempt, or undefined where it saw nothing. */
function outcomes({ fate, egress, ingress }: Situation): readonly [src: Outcome, dst: Outcome | undefined] {
  if (egress.action === 'deny') return ['dropped', undefined]
  if (ingress.action === 'deny') return ['unanswered', 'dropped']
  if (fate === 'refused') return ['refused', undefined]
  if (fate === 'unanswered' || fate === 'silent') return ['unanswered', undefined]
  return ['established', 'established']
}

function volumeOf(pair: Pair, random: Random, outcome: Outcome, requests: number, seconds: number): Volume {
  if (outcome === 'dropped' || outcome === 'unanswered') return attempts(requests, 3)
  if (outcome === 'refused') {
    return { ...attempts(requests, 0), bytesIn: requests * 40, packetsIn: requests }
  }
  return pair.talk.proto === 'udp' ? datagrams(random, pair.talk, requests) : segments(random, pair, requests, seconds)
}

/** How many addresses share a pair's connections: one, except that visitors are several. */
function* portions(pair: Pair, random: Random, requests: number): Generator<number> {
  if (!('visitors' in pair.source)) return yield requests
  for (let left = requests; left > 0;) {
    const portion = Math.min(left, 1 + poisson(random, requests / 5))
    yield portion
    left -= portion
  }
}

/** Rows of one pair of endpoints in one interval. `opened` is the moment the story is told from, Unix seconds. */
export function* flowRows(pair: Pair, interval: Interval, situation: Situation, opened: number): Generator<Emission> {
  const random = createRandom(mix(pair.seed, interval.start))
  const seconds = interval.end - interval.start
  const mean = (pair.talk.perMinute * seconds * pair.share * rhythm(interval.start)) / 60
  const requests = poisson(random, mean)
  if (requests === 0) return
  const [srcOutcome, dstOutcome] = outcomes(situation)
  const since = interval.start - opened
  for (const portion of portions(pair, random, requests)) {
    const addresses = { source_ip: addressOf(pair.source, random), dest_ip: addressOf(pair.dest, random) }
    const volume = volumeOf(pair, random, srcOutcome, portion, seconds)
    const sourcePod = 'pod' in pair.source ? pair.source.pod : undefined
    const sourceReports = sourcePod !== undefined && reports(sourcePod.node, since)
    if (sourceReports) {
      const rest = restOf(pair, 'src', sourcePod, interval, addresses, volume, true)
      yield { logType: 'flows', dimensions: dimensions(pair, 'src', sourcePod, situation.egress, srcOutcome), rest }
    }
    const destPod = 'pod' in pair.dest ? pair.dest.pod : undefined
    if (destPod && dstOutcome && reports(destPod.node, since)) {
      const rest = restOf(pair, 'dst', destPod, interval, addresses, volume, !sourceReports)
      yield { logType: 'flows', dimensions: dimensions(pair, 'dst', destPod, situation.ingress, dstOutcome), rest }
    }
  }
}

/** What is said of a conversation at a moment, or undefined where it does not take place. */
export function situationOf(talk: Conversation, sinceOpening: number): Situation | undefined {
  const fate = fateOf(talk.id, sinceOpening)
  if (fate === 'absent') return undefined
  return {
    fate,
    egress: 'workload' in talk.from ? judge(talk, 'egress', sinceOpening) : allowed,
    ingress: 'workload' in talk.to ? judge(talk, 'ingress', sinceOpening) : allowed,
  }
}

// Rows of one conversation in one interval, as both ends' agents would have written them.
import type { Row } from '@margay/model'
import type { Interval } from './clock.ts'
import { rhythm } from './clock.ts'
import type { Cluster, Pod } from './cluster.ts'
import type { Conversation } from './conversations.ts'
import type { Course, Seen } from './courses.ts'
import { courseOf, established } from './courses.ts'
import type { Emission } from './emission.ts'
import type { Attempts } from './exemplars.ts'
import { exemplarFields } from './exemplars.ts'
import { fateOf, reports } from './incidents.ts'
import type { Site } from './outside.ts'
import { siteOf, visitor } from './outside.ts'
import type { Judgement } from './policies.ts'
import { judge } from './policies.ts'
import type { Random } from './random.ts'
import { createRandom, hashText, mix, pick, poisson } from './random.ts'
import type { Volume } from './volume.ts'
import { attempts, volumeFields, volumeOf } from './volume.ts'
import { clusterName, serviceNameOf } from './workloads.ts'

/** An end of a pair: a pod, visitors, or a site. */
type End = { readonly pod: Pod } | { readonly visitors: true } | { readonly site: Site }

interface Pair {
  readonly talk: Conversation
  readonly source: End
  readonly dest: End
  /** Its part of the conversation's connections. */
  readonly share: number
  /** The service's address, where the client dials one. */
  readonly dialled: string | undefined
  readonly seed: number
  readonly src: Map<string, Row>
  readonly dst: Map<string, Row>
}

/** What the ends say at a moment. */
interface Situation {
  readonly course: Course
  readonly egress: Judgement
  readonly ingress: Judgement
}

const allowed: Judgement = { action: 'allow', trace: [] }

const endsOf = (talk: Conversation['from'], cluster: Cluster): End[] => {
  if ('visitors' in talk) return [{ visitors: true }]
  if ('site' in talk) return [{ site: siteOf(talk.site) }]
  return (cluster.podsOf.get(talk.workload) ?? []).map((pod) => ({ pod }))
}

function dialledBy({ to, servicePort }: Conversation, { services }: Cluster): string | undefined {
  if (!servicePort || !('workload' in to)) return undefined
  return services.find(({ workload }) => `${workload.namespace}/${workload.name}` === to.workload)?.clusterIp
}

/** The pairs of pods of a conversation. What keeps connections open prefers the first pod, as a primary is preferred. */
export function pairsOf(talk: Conversation, cluster: Cluster, seed: number): Pair[] {
  const sources = endsOf(talk.from, cluster)
  const all = endsOf(talk.to, cluster)
  const dests = talk.pool > 0 ? all.slice(0, 1) : all
  const dialled = dialledBy(talk, cluster)
  return sources.flatMap((source, i) =>
    dests.map((dest, j): Pair => ({
      talk,
      source,
      dest,
      share: 1 / (sources.length * dests.length),
      dialled,
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

/** What one end says, and of which connections. */
interface Report {
  readonly side: 'src' | 'dst'
  readonly pod: Pod
  readonly seen: Seen
  readonly judgement: Judgement
  /** What policy says at the other end; undefined outside. */
  readonly peer: Judgement | undefined
}

/** Denials are what the node's rules logged; nothing logs what was let through. */
function verdictFields({ judgement, peer, seen }: Report): Row {
  const { action, trace } = judgement
  const denied = action === 'deny'
  return {
    action,
    outcome: seen.outcome,
    evidence: denied ? 'observed' : 'evaluated',
    evidence_source: denied ? 'nflog' : 'evaluated',
    ...(seen.dropReason !== undefined && { drop_reason: seen.dropReason }),
    ...(peer && { peer_verdict: peer.action }),
    'policies.enforced_policies': trace,
    'policies.pending_policies': trace,
  }
}

const programOf = ({ talk }: Pair, { side, pod }: Pick<Report, 'side' | 'pod'>) =>
  side === 'src' ? (talk.program ?? pod.workload.program) : pod.workload.program

/** Dimensions are made once for a pair, a side and what is said there; later rows get the same object. */
function dimensions(pair: Pair, report: Report): Row {
  const { side, pod, seen, judgement, peer } = report
  const key = `${seen.outcome} ${seen.dropReason} ${peer?.action} ${judgement.action} ${judgement.trace.join(' ')}`
  const known = pair[side].get(key)
  if (known) return known
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
    ...ownFields(pod, seen.outcome === 'established' || side === 'src' ? programOf(pair, report).name : '-'),
    ...verdictFields(report),
  })
  pair[side].set(key, made)
  return made
}

const addressOf = (end: End, random: Random): string => {
  if ('pod' in end) return end.pod.ip
  return 'site' in end ? pick(random, end.site.addresses) : visitor(random)
}

interface Addresses {
  readonly source_ip: string
  readonly dest_ip: string
}

/** What a row says beside its dimensions, and of which connections of it. */
interface Told {
  readonly interval: Interval
  readonly addresses: Addresses
  readonly volume: Volume
  readonly counts: boolean
  /** Connections that are worth keeping. */
  readonly kept: number
}

function attemptsOf({ talk, seed, dialled }: Pair, { interval, addresses, kept }: Told, isSource: boolean): Attempts {
  return {
    seed,
    interval,
    count: kept,
    proto: talk.proto,
    source: addresses.source_ip,
    dest: { ip: addresses.dest_ip, port: talk.port },
    ...(isSource && dialled !== undefined && { dialled: { ip: dialled, port: talk.port } }),
  }
}

/** Whoever threw a packet away was the kernel, and no program. */
function processFields({ name, pid, args }: { name: string; pid: string; args: string }, isProgram: boolean): Row {
  if (!isProgram) return { process_id: '-', num_process_names: 0, num_process_ids: 0, num_process_args: 0 }
  return {
    process_id: pid,
    process_args: [args],
    num_process_names: name === '' ? 0 : 1,
    num_process_ids: 1,
    num_process_args: 1,
  }
}

function restOf(pair: Pair, report: Report, told: Told): Row {
  const { side, pod, seen } = report
  const { interval, addresses, volume, counts } = told
  const isSource = side === 'src'
  const named = isSource && 'site' in pair.dest && pair.dest.site.name !== ''
  return {
    start_time: interval.start,
    end_time: interval.end,
    ...addresses,
    ...(named && { dest_domains: [pair.dest.site.name], dest_domain_source: 'dns' }),
    counts,
    partial: false,
    ...volumeFields(side, pair.talk.proto, volume),
    ...processFields(programOf(pair, report), isSource || seen.outcome === 'established'),
    netns: pod.netns,
    ...(seen.sight && exemplarFields(attemptsOf(pair, told, isSource), seen.sight)),
  }
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

/** The pod of an end whose agent reports. */
function reporterOf(end: End, sinceOpening: number): Pod | undefined {
  return 'pod' in end && reports(end.pod.node, sinceOpening) ? end.pod : undefined
}

/** Rows of one pair of endpoints in one interval. `opened` is the moment the story is told from, Unix seconds. */
export function* flowRows(pair: Pair, interval: Interval, situation: Situation, opened: number): Generator<Emission> {
  const random = createRandom(mix(pair.seed, interval.start))
  const seconds = interval.end - interval.start
  const mean = (pair.talk.perMinute * seconds * pair.share * rhythm(interval.start)) / 60
  const requests = poisson(random, mean)
  if (requests === 0) return
  const { course, egress, ingress } = situation
  const source = reporterOf(pair.source, interval.start - opened)
  const dest = reporterOf(pair.dest, interval.start - opened)
  // node-5 sits behind a tired switch: its answers take six times as long.
  const isSlow = 'pod' in pair.dest && pair.dest.pod.node === 'node-5'
  const emit = (report: Report, told: Told): Emission => ({
    logType: 'flows',
    dimensions: dimensions(pair, report),
    rest: restOf(pair, report, told),
  })
  for (const portion of portions(pair, random, requests)) {
    const addresses = { source_ip: addressOf(pair.source, random), dest_ip: addressOf(pair.dest, random) }
    const kept = Math.ceil(portion * course.share)
    const told = {
      interval,
      addresses,
      volume: volumeOf(random, pair.talk, course, { requests: portion, seconds, isSlow }),
      kept,
    }
    if (source) {
      const peer = 'pod' in pair.dest ? ingress : undefined
      yield emit({ side: 'src', pod: source, seen: course.source, judgement: egress, peer }, { ...told, counts: true })
    }
    if (!dest) continue
    const there = {
      side: 'dst',
      pod: dest,
      judgement: ingress,
      peer: 'pod' in pair.source ? egress : undefined,
    } as const
    const counts = source === undefined
    const isThrough = course.source.outcome === 'established'
    if (isThrough) yield emit({ ...there, seen: established }, { ...told, counts })
    if (!course.dest) continue
    const volume = isThrough ? attempts(kept, 1) : told.volume
    // Of a connection that was taken in the end the other row counts.
    yield emit({ ...there, seen: course.dest }, { ...told, volume, counts: counts && !isThrough })
  }
}

/** What is said of a conversation at a moment, or undefined where it does not take place. */
export function situationOf(talk: Conversation, sinceOpening: number): Situation | undefined {
  const fate = fateOf(talk.id, sinceOpening)
  if (fate === 'absent') return undefined
  const egress = 'workload' in talk.from ? judge(talk, 'egress', sinceOpening) : allowed
  const ingress = 'workload' in talk.to ? judge(talk, 'ingress', sinceOpening) : allowed
  return { course: courseOf(fate, egress, ingress), egress, ingress }
}

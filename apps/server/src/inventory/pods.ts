// Who had an address. What must stay true: a pod that ended has lost its address; what is said of an old uid never touches
// the pod that has its name or address now; a pod on its host's network does not own the host's address and is told apart by
// its uid, or, as somebody's peer, by the port it answers on where no other pod of the host declares it; a static pod is also
// known by the uid that its kubelet runs it under, which is not that of the object that mirrors it.
import { canonicalIp } from '@margay/model'
import type { Endpoint } from './endpoint.ts'
import { isSameEndpoint, makeEndpoint } from './endpoint.ts'
import type { Node, Pod } from './objects.ts'
import { aggregatedName } from './objects.ts'
import { endedBy, isTerminal, networkedBy } from './pod-life.ts'
import { createTimeline } from './timeline.ts'

export interface Pods {
  /** `unseenSince`: nobody watched from then to `at`, so what is told happened at some time between. */
  putPod(uid: string, pod: Pod, at: number, unseenSince?: number): void
  /** `from`: since when it has the addresses that it did not have before. */
  putNode(uid: string, node: Node, at: number, from: number): void
  end(uid: string, at: number): void
  /** The pod or host that had an address in a span of seconds. */
  during(ip: string, since: number, until: number): Endpoint | undefined
  at(ip: string, moment: number): Endpoint | undefined
  /** Whether several had an address in a span of seconds. */
  isHandedOver(ip: string, since: number, until: number): boolean
  /** By the uid of the object or of its cgroup. */
  byUid(uid: string, moment: number): Endpoint | undefined
  /** The one pod on its host's network that declares a port on a node; undefined where none or several do. */
  hostPodAt(node: string, port: number, proto: string, moment: number): Endpoint | undefined
  /**
   * Whether a pod or host is on other nodes than this one for certain, so that nobody on it can have seen its own end. False
   * wherever there is doubt.
   */
  isElsewhere(node: string, seen: Seen): boolean
  forgetBefore(moment: number): void
}

/** By what an agent knows its own end of a connection, in which seconds. */
export interface Seen {
  readonly ip?: string | undefined
  /** Of the pod of its cgroup, where that is a pod's. */
  readonly podUid?: string | undefined
  readonly since: number
  readonly until: number
}

/** Rows of a pod that is gone still come from spools and late reports; its uid is never used again. */
const lingerSeconds = 3600

/** Longer than any interval of an agent that is in use; addresses are given on sooner than that only where they are few. */
const handoverSeconds = 60

export const labelsOf = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): string[] =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()

const canonical = (ips: readonly (string | undefined)[]): string[] =>
  ips.map((ip) => (ip === undefined ? undefined : canonicalIp(ip))).filter((ip) => ip !== undefined)

const addressesOf = ({ status }: Pod): string[] =>
  canonical(status.podIPs.length > 0 ? status.podIPs.map(({ ip }) => ip) : [status.podIP])

const podEndpoint = (pod: Pod, uid: string): Endpoint =>
  makeEndpoint({
    type: 'wep',
    name: pod.metadata.name,
    nameAggr: aggregatedName(pod),
    namespace: pod.metadata.namespace ?? 'default',
    labels: labelsOf(pod.metadata),
    node: pod.spec.nodeName,
    uid,
    ...(pod.spec.hostNetwork && { isOnHost: true }),
  })

const nodeEndpoint = (node: Node, uid: string): Endpoint =>
  makeEndpoint({
    type: 'hep',
    name: '-',
    nameAggr: node.metadata.name,
    namespace: '-',
    labels: labelsOf(node.metadata),
    node: node.metadata.name,
    uid,
  })

const hostPortKey = (node: string, port: number, proto: string) => `${node}|${port}|${proto}`

function hostPortsOf({ spec }: Pod): string[] {
  const { nodeName, hostNetwork, containers, initContainers } = spec
  if (!hostNetwork || nodeName === undefined) return []
  return [...containers, ...initContainers].flatMap(({ ports }) =>
    ports.map(({ containerPort, protocol }) => hostPortKey(nodeName, containerPort, protocol.toLowerCase())),
  )
}

const runsAs = 'kubernetes.io/config.hash'

/** A kubelet makes the uid of a static pod itself, and notes it on the object by which the API shows the pod. */
function uidsOf({ metadata: { annotations } }: Pod, uid: string): readonly string[] {
  const own = annotations[runsAs]
  return own === undefined || own === uid ? [uid] : [uid, own]
}

/** What an object holds now, so that it can be taken back. */
interface Known {
  readonly endpoint: Endpoint
  readonly addresses: readonly string[]
  readonly hostPorts: readonly string[]
  readonly uids: readonly string[]
  /** Of a pod that is being deleted: its address may be given on any moment. */
  readonly isEnding: boolean
  /** Unix seconds. */
  readonly changedAt: number
  /** When it last had an address that it lost since; what it has now came later. */
  readonly movedAfter?: number | undefined
}

/** What is known of when a pod got its addresses. Unix seconds; Infinity where nobody knows. */
interface Beginning {
  readonly earliest: number
  readonly latest: number
  /** Its own containers tell the latest, and not only that somebody looked. */
  readonly isProven: boolean
  readonly unseenSince: number
}

/** By a clock that is ahead of ours something may happen before it has; what is found like this (`at` 0) has its own time. */
export const byOurClock = (time: number, at: number): number => (at === 0 ? time : Math.min(time, at))

const startOf = ({ status, metadata }: Pod, at: number) =>
  byOurClock(status.startTime ?? metadata.creationTimestamp ?? at, at)

function beginningOf(pod: Pod, at: number, unseenSince: number, movedAfter: number | undefined): Beginning {
  const networked = networkedBy(pod, movedAfter)
  const earliest = movedAfter === undefined ? startOf(pod, at) : byOurClock(networked ?? at, at)
  // Found like this, nobody saw when it began.
  const seen = at === 0 ? Infinity : at
  const latest = Math.max(earliest, Math.min(networked ?? Infinity, seen))
  return { earliest, latest, isProven: networked !== undefined, unseenSince }
}

export interface PodsDeps {
  /** An address has passed from one owner to another within seconds. */
  readonly onHandover?: (() => void) | undefined
}

export function createPods({ onHandover }: PodsDeps = {}): Pods {
  const byAddress = createTimeline<Endpoint>()
  const byUid = createTimeline<Endpoint>()
  const byHostPort = createTimeline<Endpoint>()
  const known = new Map<string, Known>()
  /** Nodes that have addresses, by name, and the uid of each. */
  const nodes = new Map<string, string>()

  const isOnOther = ({ node: other }: Endpoint, node: string) =>
    other !== undefined && other !== node && nodes.has(other)
  /** A uid of a static pod may be that of its like on each node. */
  const isUidElsewhere = (podUid: string, node: string, moment: number): boolean | undefined => {
    const holding = byUid.allAt(podUid, moment)
    const later = holding.length > 0 ? undefined : byUid.laterThan(podUid, moment)
    const found = later ? [later] : holding
    return found.length === 0 ? undefined : found.every((pod) => isOnOther(pod, node))
  }
  /**
   * An address is somebody's for certain where it was theirs alone from well before the seconds to well after: whoever has it
   * from them is told of later than of the first packets.
   */
  const isAddressElsewhere = (ip: string, node: string, since: number, until: number): boolean => {
    const claims = byAddress.claimsDuring(ip, since - handoverSeconds, until + handoverSeconds)
    const [claim] = claims
    if (!claim || claims.some(({ owner }) => owner !== claim.owner)) return false
    const isHeld = claims.some(({ from, to }) => from <= since && until < to)
    const isEnding = known.get(claim.owner)?.isEnding ?? false
    return isHeld && !isEnding && claims.every(({ versions }) => versions.every(({ value }) => isOnOther(value, node)))
  }

  /** Ends whatever the object held and does not hold any more. */
  const release = (uid: string, at: number, addresses: readonly string[] = [], hostPorts: readonly string[] = []) => {
    const before = known.get(uid)
    for (const ip of before?.addresses ?? []) if (!addresses.includes(ip)) byAddress.end(ip, uid, at)
    for (const key of before?.hostPorts ?? []) if (!hostPorts.includes(key)) byHostPort.end(key, uid, at)
  }
  /** A version that names the same is the same endpoint. */
  const endpointOf = (uid: string, made: Endpoint): Endpoint => {
    const before = known.get(uid)?.endpoint
    return before && isSameEndpoint(before, made) ? before : made
  }
  /** Since when an address may be another's although its holder is not known to have lost it. */
  const mayBeFreeSince = (owner: string, { isProven, unseenSince }: Beginning): number => {
    if (isProven) return Infinity
    const holder = known.get(owner)
    return holder?.isEnding ? Math.min(holder.changedAt, unseenSince) : unseenSince
  }
  /**
   * Since when a pod has an address. Its status tells of it up to seconds after its first packet, or when somebody watches
   * again, so it is its since it may have had it, unless somebody else had it until later.
   */
  const heldSince = (ip: string, uid: string, beginning: Beginning): number => {
    const { earliest, latest } = beginning
    const other = byAddress.lastOfOthers(ip, uid)
    if (!other || other.to <= earliest || other.from > latest) return earliest
    const free = other.to === Infinity ? mayBeFreeSince(other.owner, beginning) : other.to
    const since = Math.min(free, latest)
    return since === Infinity ? earliest : Math.max(earliest, since)
  }
  /** Whether somebody else had an address so shortly before that an agent counts both in one interval. */
  const isHandover = (ip: string, uid: string, at: number): boolean => {
    const other = byAddress.lastOfOthers(ip, uid)
    return other !== undefined && other.to > at - handoverSeconds
  }
  const setUids = (uids: readonly string[], uid: string, endpoint: Endpoint, from: number) => {
    for (const each of uids) byUid.set(each, uid, endpoint, from)
  }
  const putEnded = (uid: string, pod: Pod, at: number, unseenSince: number) => {
    const before = known.get(uid)
    const endpoint = endpointOf(uid, podEndpoint(pod, uid))
    // Found like this it may have ended at any time; seen to end it did so by the second in which it was told at the latest.
    const told = at === 0 ? 0 : at + 1
    const ended = byOurClock(endedBy(pod) ?? told, told)
    if (!before && !pod.spec.hostNetwork) {
      const { earliest, latest, ...rest } = beginningOf(pod, at, unseenSince, undefined)
      const within = { ...rest, earliest: Math.min(earliest, ended), latest: Math.min(latest, ended) }
      for (const ip of addressesOf(pod)) {
        byAddress.set(ip, uid, endpoint, heldSince(ip, uid, within))
        byAddress.end(ip, uid, ended)
      }
    }
    release(uid, ended)
    const uids = uidsOf(pod, uid)
    setUids(uids, uid, endpoint, before ? at : startOf(pod, at))
    known.set(uid, { endpoint, addresses: [], hostPorts: [], uids, isEnding: false, changedAt: at })
  }
  const putRunning = (uid: string, pod: Pod, at: number, unseenSince: number) => {
    const before = known.get(uid)
    const endpoint = endpointOf(uid, podEndpoint(pod, uid))
    const addresses = pod.spec.hostNetwork ? [] : addressesOf(pod)
    const hostPorts = hostPortsOf(pod)
    const hasMoved = before?.addresses.some((ip) => !addresses.includes(ip))
    const movedAfter = hasMoved ? before?.changedAt : before?.movedAfter
    const beginning = beginningOf(pod, at, unseenSince, movedAfter)
    const since = before ? at : startOf(pod, at)
    release(uid, at, addresses, hostPorts)
    for (const ip of addresses) {
      const isHeld = before?.addresses.includes(ip) ?? false
      if (!isHeld && isHandover(ip, uid, at)) onHandover?.()
      byAddress.set(ip, uid, endpoint, isHeld ? at : heldSince(ip, uid, beginning))
    }
    for (const key of hostPorts) byHostPort.set(key, uid, endpoint, since)
    const uids = uidsOf(pod, uid)
    setUids(uids, uid, endpoint, since)
    const isEnding = pod.metadata.deletionTimestamp !== undefined
    known.set(uid, { endpoint, addresses, hostPorts, uids, isEnding, changedAt: at, movedAfter })
  }
  return {
    putPod(uid, pod, at, unseenSince = Infinity) {
      if (isTerminal(pod)) putEnded(uid, pod, at, unseenSince)
      else putRunning(uid, pod, at, unseenSince)
    },
    putNode(uid, node, at, from) {
      const addresses = canonical(node.status.addresses.map(({ address }) => address))
      release(uid, at, addresses)
      const endpoint = endpointOf(uid, nodeEndpoint(node, uid))
      for (const ip of addresses) byAddress.set(ip, uid, endpoint, from)
      known.set(uid, { endpoint, addresses, hostPorts: [], uids: [], isEnding: false, changedAt: at })
      if (addresses.length > 0) nodes.set(node.metadata.name, uid)
      else nodes.delete(node.metadata.name)
    },
    end(uid, at) {
      const before = known.get(uid)
      if (!before) return
      if (nodes.get(before.endpoint.nameAggr) === uid) nodes.delete(before.endpoint.nameAggr)
      // In the second in which that is told it may still have connected.
      release(uid, at + 1)
      for (const each of before.uids) byUid.end(each, uid, at + lingerSeconds)
      known.delete(uid)
    },
    during: (ip, since, until) => byAddress.during(ip, since, until),
    at: (ip, moment) => byAddress.at(ip, moment),
    isHandedOver: (ip, since, until) => byAddress.isShared(ip, since, until),
    // A uid is one pod's for ever: where clocks differ, the pod is meant all the same.
    byUid: (uid, moment) => byUid.at(uid, moment) ?? byUid.laterThan(uid, moment),
    hostPodAt(node, port, proto, moment) {
      const candidates = byHostPort.allAt(hostPortKey(node, port, proto), moment)
      return candidates.length === 1 ? candidates[0] : undefined
    },
    isElsewhere(node, { ip, podUid, since, until }) {
      // An agent of another name than its node's, as one outside of Kubernetes, or a node of which nothing is known yet.
      if (!nodes.has(node)) return false
      const byItsUid = podUid === undefined ? undefined : isUidElsewhere(podUid, node, until)
      return byItsUid ?? (ip !== undefined && isAddressElsewhere(ip, node, since, until))
    },
    forgetBefore(moment) {
      byAddress.forgetBefore(moment)
      byUid.forgetBefore(moment)
      byHostPort.forgetBefore(moment)
    },
  }
}

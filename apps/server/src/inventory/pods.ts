// Who had an address. What must stay true: a pod that ended has lost its address; what is said of an old uid never touches
// the pod that has its name or address now; a pod on its host's network does not own the host's address and is told apart by
// its uid, or, as somebody's peer, by the port it answers on where no other pod of the host declares it.
import { canonicalIp } from '@margay/model'
import type { Endpoint } from './endpoint.ts'
import { makeEndpoint } from './endpoint.ts'
import type { Node, Pod } from './objects.ts'
import { aggregatedName, endedBy, isTerminal } from './objects.ts'
import { createTimeline } from './timeline.ts'

export interface Pods {
  putPod(uid: string, pod: Pod, at: number): void
  putNode(uid: string, node: Node, at: number): void
  end(uid: string, at: number): void
  /** The pod or host that had an address in a span of seconds. */
  during(ip: string, since: number, until: number): Endpoint | undefined
  at(ip: string, moment: number): Endpoint | undefined
  byUid(uid: string, moment: number): Endpoint | undefined
  /** The one pod on its host's network that declares a port on a node; undefined where none or several do. */
  hostPodAt(node: string, port: number, proto: string, moment: number): Endpoint | undefined
  forgetBefore(moment: number): void
}

/** Rows of a pod that is gone still come from spools and late reports; its uid is never used again. */
const lingerSeconds = 3600

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

/** What an object holds now, so that it can be taken back. */
interface Known {
  readonly addresses: readonly string[]
  readonly hostPorts: readonly string[]
  /** Of a pod that is being deleted: its address may be given on any moment. */
  readonly isEnding: boolean
  /** Unix seconds. */
  readonly changedAt: number
}

const nothing: Known = { addresses: [], hostPorts: [], isEnding: false, changedAt: 0 }

export function createPods(): Pods {
  const byAddress = createTimeline<Endpoint>()
  const byUid = createTimeline<Endpoint>()
  const byHostPort = createTimeline<Endpoint>()
  const known = new Map<string, Known>()

  /** Ends whatever the object held and does not hold any more. */
  const release = (uid: string, at: number, { addresses, hostPorts } = nothing) => {
    const before = known.get(uid) ?? nothing
    for (const ip of before.addresses) if (!addresses.includes(ip)) byAddress.end(ip, uid, at)
    for (const key of before.hostPorts) if (!hostPorts.includes(key)) byHostPort.end(key, uid, at)
  }
  /**
   * Since when a pod has an address that it is first seen with at `at`. Its status tells of it up to seconds after its first
   * packet, so it is its since it started, unless somebody else had it until later.
   */
  const heldSince = (ip: string, uid: string, startedAt: number, at: number): number => {
    const other = byAddress.lastOfOthers(ip, uid)
    // Found like this, nobody saw when it began.
    const seenAt = at === 0 ? Infinity : Math.max(at, startedAt)
    if (!other || other.to <= startedAt || other.from > seenAt) return startedAt
    if (other.to !== Infinity) return Math.min(other.to, seenAt)
    const holder = known.get(other.owner)
    const since = holder?.isEnding ? Math.min(holder.changedAt, seenAt) : seenAt
    return since === Infinity ? startedAt : Math.max(startedAt, since)
  }
  const putEnded = (uid: string, pod: Pod, endpoint: Endpoint, startedAt: number, at: number) => {
    const ended = endedBy(pod) ?? at
    const isNew = !known.has(uid)
    for (const ip of isNew && !pod.spec.hostNetwork ? addressesOf(pod) : []) {
      byAddress.set(ip, uid, endpoint, heldSince(ip, uid, Math.min(startedAt, ended), ended))
      byAddress.end(ip, uid, ended)
    }
    release(uid, ended)
    byUid.set(uid, uid, endpoint, isNew ? startedAt : at)
    known.set(uid, { ...nothing, changedAt: at })
  }
  return {
    putPod(uid, pod, at) {
      const before = known.get(uid)
      const endpoint = podEndpoint(pod, uid)
      const startedAt = pod.status.startTime ?? pod.metadata.creationTimestamp ?? at
      if (isTerminal(pod)) return putEnded(uid, pod, endpoint, startedAt, at)
      const addresses = pod.spec.hostNetwork ? [] : addressesOf(pod)
      const hostPorts = hostPortsOf(pod)
      release(uid, at, { ...nothing, addresses, hostPorts })
      for (const ip of addresses) {
        const isHeld = before?.addresses.includes(ip) ?? false
        byAddress.set(ip, uid, endpoint, isHeld ? at : heldSince(ip, uid, startedAt, at))
      }
      for (const key of hostPorts) byHostPort.set(key, uid, endpoint, before ? at : startedAt)
      byUid.set(uid, uid, endpoint, before ? at : startedAt)
      known.set(uid, { addresses, hostPorts, isEnding: pod.metadata.deletionTimestamp !== undefined, changedAt: at })
    },
    putNode(uid, node, at) {
      const addresses = canonical(node.status.addresses.map(({ address }) => address))
      const from = known.has(uid) ? at : (node.metadata.creationTimestamp ?? at)
      release(uid, at, { ...nothing, addresses })
      const endpoint = nodeEndpoint(node, uid)
      for (const ip of addresses) byAddress.set(ip, uid, endpoint, from)
      known.set(uid, { ...nothing, addresses, changedAt: at })
    },
    end(uid, at) {
      if (!known.has(uid)) return
      release(uid, at)
      byUid.end(uid, uid, at + lingerSeconds)
      known.delete(uid)
    },
    during: (ip, since, until) => byAddress.during(ip, since, until),
    at: (ip, moment) => byAddress.at(ip, moment),
    // A uid is one pod's for ever: where clocks differ, the pod is meant all the same.
    byUid: (uid, moment) => byUid.at(uid, moment) ?? byUid.laterThan(uid, moment),
    hostPodAt(node, port, proto, moment) {
      const candidates = byHostPort.allAt(hostPortKey(node, port, proto), moment)
      return candidates.length === 1 ? candidates[0] : undefined
    },
    forgetBefore(moment) {
      byAddress.forgetBefore(moment)
      byUid.forgetBefore(moment)
      byHostPort.forgetBefore(moment)
    },
  }
}

// Who had an address, and what a service address meant, at any moment that is kept. It follows the objects (recorder.ts tells
// it of every version, also of those that an earlier server saw) and nothing else changes it.
import { createBell } from '@margay/kit'
import { canonicalIp, networkName, parseIp } from '@margay/model'
import type { ClusterObject, ObjectSink } from '../objects/object.ts'
import type { Endpoint, ServicePort } from './endpoint.ts'
import { makeEndpoint, networks } from './endpoint.ts'
import { createNetworkSets } from './network-sets.ts'
import type { KubernetesObject } from './objects.ts'
import { readObject } from './objects.ts'
import type { Seen } from './pods.ts'
import { byOurClock, createPods, labelsOf } from './pods.ts'
import type { Backends, Taker, Unbacked } from './services.ts'
import { createServices } from './services.ts'
import { createUnnamed } from './unnamed.ts'

export interface Inventory extends ObjectSink {
  /**
   * The pod, host, network set or network that an address belonged to at a moment, or in the seconds from `since` to it. Of
   * network sets, those in `namespace` come first: that of the workload at the other end.
   */
  endpointAt(ip: string, moment: number, since?: number, namespace?: string): Endpoint
  /** The pod or host alone that an address belonged to. */
  ownerAt(ip: string, moment: number, since?: number): Endpoint | undefined
  /** Whether an address was one pod's or host's and then another's in the seconds from `since` to `until`. */
  isHandedOver(ip: string, since: number, until: number): boolean
  /** A pod by its uid or that of its cgroup, also when it shares its address or is gone for less than an hour. */
  podAt(uid: string, moment: number): Endpoint | undefined
  /** The pod on its host's network that answers on a port of a node, where only one can be meant. */
  hostPodAt(node: string, port: number, proto: string, moment: number): Endpoint | undefined
  /** The service that a connection dialled which begins at a moment. */
  serviceAt(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
  /**
   * Where nobody stood behind a service's port at `since` or `until`, so that kube-proxy refuses what is sent there: anywhere,
   * or on the node that took it and sends to none but its own. Undefined where somebody did, or where slices are not read, so
   * that nobody knows.
   */
  unbackedIn(ip: string, port: number, proto: string, since: number, until: number, taker?: Taker): Unbacked | undefined
  /**
   * The service that a connection was translated for which was there at a moment: where no service has the address then,
   * the last one that had it.
   */
  translatedAt(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
  /**
   * The workload behind a service address, where everything behind it is of one: who was dialled where nothing was translated,
   * so that it is not known which of its pods would have answered.
   */
  workloadBehind(ip: string, port: number, proto: string, moment: number): Endpoint | undefined
  /**
   * Where what was sent to a service's own address in the seconds from `since` to `until` went; undefined where it is no
   * service's, or known to have no endpoints. Node ports are a node's.
   */
  backendsIn(ip: string, port: number, proto: string, since: number, until: number): Backends | undefined
  /** The node whose agent sees an address, where the inventory knows. */
  nodeOf(ip: string, moment: number): string | undefined
  /** Whether an agent's own end is a pod or host that is on other nodes than the agent's for certain. */
  isElsewhere(node: string, seen: Seen): boolean
  /** Whether `namespace` can make a difference to `endpointAt`. */
  readonly dependsOnNamespace: boolean
  /** Whether any source filled it: without one nobody waits for names. */
  readonly filled: boolean
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
  /** Objects by kind, for health. */
  counts(): Readonly<Record<string, number>>
  /** Forgets what ended before a moment. */
  forgetBefore(moment: number): void
}

type NetworkSet = Extract<KubernetesObject, { kind: 'NetworkSet' | 'GlobalNetworkSet' }>

const hiddenMetadata = 'projectcalico.org/metadata'

/** In Calico's storage group an object's real labels are JSON in an annotation. */
function hiddenLabels({ annotations }: NetworkSet['metadata']): Readonly<Record<string, string>> {
  try {
    const hidden = JSON.parse(annotations[hiddenMetadata] ?? '{}') as { labels?: Record<string, string> }
    return hidden.labels ?? {}
  } catch {
    return {}
  }
}

const setEndpoint = ({ metadata }: NetworkSet, uid: string): Endpoint =>
  makeEndpoint({
    type: 'ns',
    name: '-',
    nameAggr: metadata.name,
    namespace: metadata.namespace ?? '-',
    labels: labelsOf({ labels: { ...metadata.labels, ...hiddenLabels(metadata) } }),
    uid,
  })

/** Fast path: an IPv4 address has one spelling only. */
const inOneSpelling = (ip: string): string => (ip.includes(':') ? (canonicalIp(ip) ?? ip) : ip)

export interface InventoryDeps {
  /** An object that cannot be used as it is; it is left out. */
  readonly onProblem?: (problem: string) => void
  /** An address has passed from one pod or host to another within seconds: what is counted of both is named after one. */
  readonly onHandover?: () => void
}

export function createInventory({ onProblem, onHandover }: InventoryDeps = {}): Inventory {
  const pods = createPods({ onHandover })
  const services = createServices()
  const sets = createNetworkSets()
  const unnamed = createUnnamed()
  const kinds = new Map<string, string>()
  const bell = createBell()

  const putObject = (object: KubernetesObject, uid: string, at: number, unseenSince: number | undefined) => {
    const from = kinds.has(uid) ? at : byOurClock(object.metadata.creationTimestamp ?? at, at)
    switch (object.kind) {
      case 'Pod':
        return pods.putPod(uid, object, at, unseenSince)
      case 'Node':
        return pods.putNode(uid, object, at, from)
      case 'Service':
        return services.putService(uid, object, from)
      case 'EndpointSlice':
        return services.putSlice(uid, object, from)
      case 'NetworkSet':
      case 'GlobalNetworkSet': {
        const unread = sets.set(uid, object.spec.nets, setEndpoint(object, uid), from)
        for (const net of unread)
          onProblem?.(`${object.kind} ${object.metadata.name}: "${net}" is no block of addresses`)
        return undefined
      }
    }
  }
  const isHost = (ip: string, moment: number) => pods.at(ip, moment)?.type === 'hep'
  return {
    put({ uid, document }: ClusterObject, at, unseenSince) {
      const read = readObject(document)
      if (read.kind === 'problem') onProblem?.(read.problem)
      if (read.kind !== 'object') return
      putObject(read.object, uid, at, unseenSince)
      kinds.set(uid, read.object.kind)
      bell.ring()
    },
    remove(uid, at) {
      pods.end(uid, at)
      services.end(uid, at)
      sets.end(uid, at)
      kinds.delete(uid)
    },
    endpointAt(text, moment, since = moment, namespace) {
      const ip = inOneSpelling(text)
      const owner = pods.during(ip, since, moment)
      if (owner) return owner
      const bytes = parseIp(ip)
      if (!bytes) return networks.pub
      return sets.at(bytes, moment, namespace) ?? networks[networkName(bytes)]
    },
    ownerAt: (ip, moment, since = moment) => pods.during(inOneSpelling(ip), since, moment),
    isHandedOver: (ip, since, until) => pods.isHandedOver(inOneSpelling(ip), since, until),
    podAt: (uid, moment) => pods.byUid(uid, moment),
    hostPodAt: (node, port, proto, moment) => pods.hostPodAt(node, port, proto, moment),
    serviceAt(text, port, proto, moment) {
      const ip = inOneSpelling(text)
      const dialled = services.at(ip, port, proto, moment)
      if (dialled) return dialled
      return isHost(ip, moment) ? services.nodePortAt(port, proto, moment) : undefined
    },
    unbackedIn(text, port, proto, since, until, taker) {
      const ip = inOneSpelling(text)
      return services.unbackedIn({ ip, port, proto, isHost: isHost(ip, until) }, since, until, taker)
    },
    translatedAt(text, port, proto, moment) {
      const ip = inOneSpelling(text)
      const dialled = services.translatedAt(ip, port, proto, moment)
      if (dialled) return dialled
      return isHost(ip, moment) ? services.nodePortTranslatedAt(port, proto, moment) : undefined
    },
    workloadBehind(ip, port, proto, moment) {
      const service = services.at(inOneSpelling(ip), port, proto, moment)
      return service && unnamed.of(services.behind(service, moment).map((each) => pods.at(each, moment)))
    },
    backendsIn(ip, port, proto, since, until) {
      const found = services.backendsIn(inOneSpelling(ip), port, proto, since, until)
      return found && found.areRead && found.all.length === 0 ? undefined : found
    },
    nodeOf: (ip, moment) => pods.at(inOneSpelling(ip), moment)?.node,
    isElsewhere: (node, seen) =>
      pods.isElsewhere(node, seen.ip === undefined ? seen : { ...seen, ip: inOneSpelling(seen.ip) }),
    get dependsOnNamespace() {
      return sets.areNamespaced
    },
    get filled() {
      return kinds.size > 0
    },
    changed: bell.next,
    counts() {
      const counts: Record<string, number> = {}
      for (const kind of kinds.values()) counts[kind] = (counts[kind] ?? 0) + 1
      return counts
    },
    forgetBefore(moment) {
      pods.forgetBefore(moment)
      services.forgetBefore(moment)
      sets.forgetBefore(moment)
    },
  }
}

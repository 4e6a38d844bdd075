// Who had an address, and what a service address meant, at any moment that is kept. Sources (YAML files, later the
// Kubernetes API) call `put` and `remove`; nothing else changes it. Rules that must stay true: a terminal pod has lost its
// address; what is said of an old uid never touches the pod that has its name or address now; a pod on its host's network
// does not own the host's address and is told apart by its uid only.
import { canonicalIp, networkName, parseIp } from '@margay/model'
import type { ClusterObject, ObjectSink } from '../objects/object.ts'
import type { Endpoint, ServicePort } from './endpoint.ts'
import { makeEndpoint, makeServicePort, networks } from './endpoint.ts'
import { createNetworkSets } from './network-sets.ts'
import type { KubernetesObject, Pod, Service } from './objects.ts'
import { aggregatedName, finishedAt, isTerminal, readObject } from './objects.ts'
import { createTimeline } from './timeline.ts'

export interface Inventory extends ObjectSink {
  /** The pod, host, network set or network that an address belonged to. */
  endpointAt(ip: string, moment: number): Endpoint
  /** A pod by its uid, also when it shares its address or is gone for less than an hour. */
  podAt(uid: string, moment: number): Endpoint | undefined
  serviceAt(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
  /** The node whose agent sees an address, where the inventory knows. */
  nodeOf(ip: string, moment: number): string | undefined
  /** Whether any source filled it: without one nobody waits for names. */
  readonly filled: boolean
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
  /** Objects by kind, for health. */
  counts(): Readonly<Record<string, number>>
  /** Forgets what ended before a moment. */
  forgetBefore(moment: number): void
}

const labelsOf = ({ metadata: { labels } }: KubernetesObject): string[] =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()

const addressesOf = ({ status }: Pod): string[] => {
  const all = status.podIPs.length > 0 ? status.podIPs.map(({ ip }) => ip) : [status.podIP]
  return all.map((ip) => (ip === undefined ? undefined : canonicalIp(ip))).filter((ip) => ip !== undefined)
}

const podEndpoint = (pod: Pod, uid: string): Endpoint =>
  makeEndpoint({
    type: 'wep',
    name: pod.metadata.name,
    nameAggr: aggregatedName(pod),
    namespace: pod.metadata.namespace ?? 'default',
    labels: labelsOf(pod),
    node: pod.spec.nodeName,
    uid,
  })

const namedEndpoint = (object: KubernetesObject, type: 'hep' | 'ns', uid: string): Endpoint =>
  makeEndpoint({
    type,
    name: '-',
    nameAggr: object.metadata.name,
    namespace: (type === 'ns' ? object.metadata.namespace : undefined) ?? '-',
    labels: labelsOf(object),
    node: type === 'hep' ? object.metadata.name : undefined,
    uid,
  })

const serviceKey = (ip: string, port: number, proto: string) => `${ip}|${port}|${proto}`
const anyNode = '*'

/** Every key under which a service can be dialled, with the port that it means. */
function serviceKeys(service: Service): (readonly [key: string, port: ServicePort])[] {
  const { spec, status, metadata } = service
  const external = (status.loadBalancer?.ingress ?? []).map(({ ip }) => ip)
  const own = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP]
  const addresses = [...own, ...spec.externalIPs, ...external].map((ip) => (ip ? canonicalIp(ip) : undefined))
  const ips = [...new Set(addresses.filter((ip) => ip !== undefined))]
  return spec.ports.flatMap((port) => {
    const proto = port.protocol.toLowerCase()
    const sharing = spec.ports.filter((other) => other.port === port.port).length
    const portName = sharing > 1 ? '*' : port.name || '-'
    const named = makeServicePort({
      name: metadata.name,
      namespace: metadata.namespace ?? 'default',
      portName,
      port: port.port,
    })
    const keys = ips.map((ip) => [serviceKey(ip, port.port, proto), named] as const)
    return port.nodePort === undefined ? keys : [...keys, [serviceKey(anyNode, port.nodePort, proto), named] as const]
  })
}

/** What an object said last, so that it can be taken back. */
interface Known {
  readonly kind: string
  readonly addresses: readonly string[]
  readonly services: readonly string[]
}

export function createInventory(): Inventory {
  const byAddress = createTimeline<Endpoint>()
  const byUid = createTimeline<Endpoint>()
  const services = createTimeline<ServicePort>()
  const sets = createNetworkSets()
  const known = new Map<string, Known>()
  const waiting = new Set<() => void>()

  const claim = (uid: string, kind: string, claims: Partial<Pick<Known, 'addresses' | 'services'>>) =>
    known.set(uid, { kind, addresses: claims.addresses ?? [], services: claims.services ?? [] })

  /** Ends whatever the object claimed and does not claim any more. */
  const release = (uid: string, at: number, keep: ReadonlySet<string> = new Set()) => {
    const before = known.get(uid)
    for (const key of before?.addresses ?? []) if (!keep.has(key)) byAddress.end(key, uid, at)
    for (const key of before?.services ?? []) if (!keep.has(key)) services.end(key, uid, at)
  }

  const putPod = (pod: Pod, uid: string, at: number) => {
    const isNew = !known.has(uid)
    const from = isNew ? (pod.status.startTime ?? pod.metadata.creationTimestamp ?? at) : at
    const endpoint = podEndpoint(pod, uid)
    const addresses = pod.spec.hostNetwork ? [] : addressesOf(pod)
    if (isTerminal(pod)) {
      const ended = finishedAt(pod) ?? at
      if (isNew) for (const ip of addresses) byAddress.set(ip, uid, endpoint, from)
      for (const ip of isNew ? addresses : []) byAddress.end(ip, uid, ended)
      release(uid, ended)
      byUid.set(uid, uid, endpoint, from)
      return void claim(uid, 'Pod', {})
    }
    release(uid, at, new Set(addresses))
    for (const ip of addresses) byAddress.set(ip, uid, endpoint, from)
    byUid.set(uid, uid, endpoint, from)
    claim(uid, 'Pod', { addresses })
  }
  const putService = (service: Service, uid: string, at: number) => {
    const keys = serviceKeys(service)
    release(uid, at, new Set(keys.map(([key]) => key)))
    for (const [key, port] of keys) services.set(key, uid, port, at)
    claim(uid, 'Service', { services: keys.map(([key]) => key) })
  }
  const putNode = (node: Extract<KubernetesObject, { kind: 'Node' }>, uid: string, at: number) => {
    const addresses = node.status.addresses.map(({ address }) => canonicalIp(address)).filter((ip) => ip !== undefined)
    release(uid, at, new Set(addresses))
    const endpoint = namedEndpoint(node, 'hep', uid)
    for (const ip of addresses) byAddress.set(ip, uid, endpoint, at)
    claim(uid, 'Node', { addresses })
  }

  return {
    put({ uid, document }: ClusterObject, at) {
      const read = readObject(document)
      if (read.kind !== 'object') return
      const named = read.object
      switch (named.kind) {
        case 'Pod':
          putPod(named, uid, at)
          break
        case 'Service':
          putService(named, uid, at)
          break
        case 'Node':
          putNode(named, uid, at)
          break
        case 'NetworkSet':
        case 'GlobalNetworkSet':
          sets.set(uid, named.spec.nets, namedEndpoint(named, 'ns', uid), at)
          claim(uid, named.kind, {})
          break
        case 'Namespace':
        case 'EndpointSlice':
          claim(uid, named.kind, {})
      }
      for (const wake of waiting) wake()
    },
    remove(uid, at) {
      release(uid, at)
      sets.end(uid, at)
      byUid.end(uid, uid, at + lingerSeconds)
      known.delete(uid)
    },
    endpointAt(ip, moment) {
      const owner = byAddress.at(ip, moment)
      if (owner) return owner
      const bytes = parseIp(ip)
      if (!bytes) return networks.pub
      return sets.at(bytes, moment) ?? networks[networkName(bytes)]
    },
    podAt: (uid, moment) => byUid.at(uid, moment),
    serviceAt(ip, port, proto, moment) {
      const dialled = services.at(serviceKey(ip, port, proto), moment)
      if (dialled) return dialled
      return byAddress.at(ip, moment)?.type === 'hep'
        ? services.at(serviceKey(anyNode, port, proto), moment)
        : undefined
    },
    nodeOf: (ip, moment) => byAddress.at(ip, moment)?.node,
    get filled() {
      return known.size > 0
    },
    changed: (signal) =>
      new Promise((resolve) => {
        const done = () => {
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
        if (signal.aborted) done()
      }),
    counts() {
      const counts: Record<string, number> = {}
      for (const { kind } of known.values()) counts[kind] = (counts[kind] ?? 0) + 1
      return counts
    },
    forgetBefore(moment) {
      byAddress.forgetBefore(moment)
      byUid.forgetBefore(moment)
      services.forgetBefore(moment)
    },
  }
}

/** Rows of a pod that is gone still come from spools and late reports; its uid is never used again. */
const lingerSeconds = 3600

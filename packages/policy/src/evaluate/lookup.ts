// Finding things in a snapshot by name and by address. Evaluators ask this interface only; one implementation is built
// from a whole snapshot here, another follows changes one by one (`index/inventory.ts`).
import { type Address, contains, printAddress } from '../net/address.ts'
import { createPrefixMap } from '../net/prefix-map.ts'
import {
  byAge,
  type DomainFact,
  type HostEndpoint,
  type NetworkSet,
  type Node,
  type Pod,
  podKey,
  type Profile,
  type ServiceSlice,
  type Snapshot,
  type SnapshotOptions,
} from '../objects/snapshot.ts'
import { hostEndpointLabels, type KnownLabels, networkSetLabels, podLabels, vanishedPodLabels } from './labels.ts'

export interface PodCard {
  readonly known: KnownLabels
  /** `pod shop/web`. */
  readonly title: string
}

export interface Lookup {
  readonly options: SnapshotOptions
  readonly pod: (key: string) => Pod | undefined
  /** The pod with this address of its own; pods on the host's network have none. */
  readonly podAt: (address: Address) => Pod | undefined
  /** What every flow of the pod needs: its labels and its name for people. */
  readonly cardOf: (pod: Pod) => PodCard
  readonly labelsOfVanished: (namespace: string) => KnownLabels
  readonly hostEndpoint: (name: string) => HostEndpoint | undefined
  readonly hostEndpoints: readonly HostEndpoint[]
  /** Those that expect the address, by name. */
  readonly hostEndpointsAt: (address: Address) => readonly HostEndpoint[]
  /** Those of a node, by name. */
  readonly hostEndpointsOf: (node: string) => readonly HostEndpoint[]
  readonly hostLabelsOf: (host: HostEndpoint) => KnownLabels
  readonly nodeAt: (address: Address) => Node | undefined
  readonly node: (name: string) => Node | undefined
  readonly setsHolding: (address: Address) => readonly NetworkSet[]
  /** Sets that name domains, whatever their blocks. */
  readonly setsWithDomains: readonly NetworkSet[]
  readonly setLabels: (set: NetworkSet) => KnownLabels
  /** Slices of a service; undefined when the snapshot holds none at all for it. */
  readonly service: (namespace: string, name: string) => readonly ServiceSlice[] | undefined
  readonly profile: (name: string) => Profile | undefined
  readonly domains: readonly DomainFact[]
  readonly namesOf: (address: Address) => readonly string[]
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const list = groups.get(key(value))
    if (list) list.push(value)
    else groups.set(key(value), [value])
  }
  return groups
}

function byAddress<T>(
  values: readonly T[],
  addresses: (value: T) => readonly Address[],
): (address: Address) => T | undefined {
  const map = new Map(
    values.flatMap((value) => addresses(value).map((address) => [printAddress(address), value] as const)),
  )
  return (address) => map.get(printAddress(address))
}

function allByAddress<T>(
  values: readonly T[],
  addresses: (value: T) => readonly Address[],
): (address: Address) => readonly T[] {
  const pairs = values.flatMap((value) =>
    [...new Set(addresses(value).map(printAddress))].map((address) => ({ address, value })),
  )
  const map = groupBy(pairs, ({ address }) => address)
  return (address) => (map.get(printAddress(address)) ?? []).map(({ value }) => value)
}

/** Asked once per object. */
function remembered<T extends object, Answer>(ask: (value: T) => Answer): (value: T) => Answer {
  const known = new WeakMap<T, Answer>()
  return (value) => {
    const found = known.get(value) ?? ask(value)
    known.set(value, found)
    return found
  }
}

/** How people read a pod's name. */
export const podTitle = (pod: Pod) => `pod ${podKey(pod)}`

/** Builds every index once. */
export function createLookup(snapshot: Snapshot): Lookup {
  const namespaces = new Map(snapshot.namespaces.map((entry) => [entry.name, entry]))
  const accounts = new Map(snapshot.serviceAccounts.map((entry) => [podKey(entry), entry]))
  const pods = new Map(snapshot.pods.map((pod) => [podKey(pod), pod]))
  const hosts = new Map(snapshot.hostEndpoints.map((host) => [host.name, host]))
  const hostsByName = snapshot.hostEndpoints.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const hostsByNode = Map.groupBy(hostsByName, ({ node }) => node)
  const profiles = new Map(snapshot.profiles.map((profile) => [profile.name, profile]))
  const sets = createPrefixMap(snapshot.networkSets.flatMap((set) => set.nets.map((net) => [net, set] as const)))
  const services = groupBy(snapshot.services, (slice) => `${slice.namespace}/${slice.service}`)
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]))
  const names = groupBy(snapshot.domains, (fact) => printAddress(fact.address))
  return {
    options: snapshot.options,
    pod: (key) => pods.get(key),
    podAt: byAddress(snapshot.pods.filter((pod) => !pod.hostNetwork).sort(byAge), (pod) => pod.addresses),
    cardOf: (pod) => ({
      known: podLabels(pod, namespaces.get(pod.namespace), accounts.get(`${pod.namespace}/${pod.serviceAccount}`)),
      title: podTitle(pod),
    }),
    labelsOfVanished: (namespace) => vanishedPodLabels(namespace, namespaces.get(namespace)),
    hostEndpoint: (name) => hosts.get(name),
    hostEndpoints: hostsByName,
    hostEndpointsAt: allByAddress(hostsByName, (host) => host.expectedAddresses),
    hostEndpointsOf: (node) => hostsByNode.get(node) ?? [],
    hostLabelsOf: remembered((host) => hostEndpointLabels(host, profiles)),
    nodeAt: byAddress(snapshot.nodes, (node) => node.addresses),
    node: (name) => nodes.get(name),
    setsHolding: (address) => [...new Set(sets.find(address))],
    setsWithDomains: snapshot.networkSets.filter((set) => set.domains.length > 0),
    setLabels: (set) => networkSetLabels(set, set.namespace === undefined ? undefined : namespaces.get(set.namespace)),
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    profile: (name) => profiles.get(name),
    domains: snapshot.domains,
    namesOf: (address) => (names.get(printAddress(address)) ?? []).map((fact) => fact.name),
  }
}

/** Whether some address lies in the blocks that pods get theirs from. */
export function isPodAddress(address: Address, options: SnapshotOptions): boolean {
  return options.podBlocks.some((block) => contains(block, address))
}

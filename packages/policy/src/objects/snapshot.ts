// Everything that a verdict depends on, at one moment. A snapshot is a value: the inventory makes one of any past moment,
// and a pull request's two versions are two of them.
import type { Address, Cidr } from '../net/address.ts'
import type { Labels } from '../selector/ast.ts'
import type { DomainPattern, Policy, Rule } from './policy.ts'

export interface NamedPort {
  readonly name: string
  readonly protocol: number
  readonly port: number
}

export interface Namespace {
  readonly name: string
  readonly labels: Labels
}

export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
}

export interface Pod {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  readonly addresses: readonly Address[]
  /** Undefined where nobody knows them: a pod that only flow records tell of. */
  readonly ports: readonly NamedPort[] | undefined
  /** Undefined likewise; a pod that states none has `default`. */
  readonly serviceAccount: string | undefined
  readonly node?: string
  /** Unix milliseconds; of several pods that claim an address, the one made last has it. */
  readonly createdAt?: number
  /** On the host's network it is no workload endpoint: its traffic is the node's. */
  readonly hostNetwork: boolean
  /** Only where Kubernetes' default (the namespace's profile, which allows everything) does not apply. */
  readonly profiles?: readonly string[]
}

export interface NetworkSet {
  /** Absent on a GlobalNetworkSet. */
  readonly namespace?: string
  readonly name: string
  readonly labels: Labels
  readonly nets: readonly Cidr[]
  readonly domains: readonly DomainPattern[]
}

export interface HostEndpoint {
  readonly name: string
  readonly labels: Labels
  readonly node: string
  /** `*` stands for every interface of the node. */
  readonly interfaceName?: string
  readonly expectedAddresses: readonly Address[]
  readonly profiles: readonly string[]
  readonly ports: readonly NamedPort[]
}

export interface Profile {
  readonly name: string
  readonly labels: Labels
  readonly ingress: readonly Rule[]
  readonly egress: readonly Rule[]
}

export interface Tier {
  readonly name: string
  /** Infinity when the object states none. */
  readonly order: number
  readonly defaultAction: 'deny' | 'pass'
}

/** One slice of a service's endpoints: each address answers on each port. */
export interface ServiceSlice {
  readonly namespace: string
  readonly service: string
  readonly addresses: readonly Address[]
  readonly ports: readonly { readonly protocol: number; readonly port: number }[]
}

export interface Node {
  readonly name: string
  readonly labels: Labels
  readonly addresses: readonly Address[]
}

/** A name that was seen to answer with an address. */
export interface DomainFact {
  readonly name: string
  readonly address: Address
}

export interface SnapshotOptions {
  /** Whose order of ties and names applies. */
  readonly calico: 'v3.31' | 'v3.32'
  /** What Felix does with traffic from a pod to its own host, once the pod's policy lets it through. */
  readonly endpointToHost: 'drop' | 'accept' | 'return'
  /** Blocks from which pods get their addresses: an address in them that no pod has is a missing fact. */
  readonly podBlocks: readonly Cidr[]
  /** How services know the API server, for Cilium's entity `kube-apiserver`. */
  readonly apiServers: readonly Address[]
}

export interface Snapshot {
  readonly policies: readonly Policy[]
  readonly tiers: readonly Tier[]
  readonly networkSets: readonly NetworkSet[]
  readonly hostEndpoints: readonly HostEndpoint[]
  readonly profiles: readonly Profile[]
  readonly namespaces: readonly Namespace[]
  readonly serviceAccounts: readonly ServiceAccount[]
  readonly pods: readonly Pod[]
  readonly services: readonly ServiceSlice[]
  readonly nodes: readonly Node[]
  readonly domains: readonly DomainFact[]
  readonly options: SnapshotOptions
}

export const defaultOptions: SnapshotOptions = {
  calico: 'v3.32',
  endpointToHost: 'accept',
  podBlocks: [],
  apiServers: [],
}

export const emptySnapshot: Snapshot = {
  policies: [],
  tiers: [],
  networkSets: [],
  hostEndpoints: [],
  profiles: [],
  namespaces: [],
  serviceAccounts: [],
  pods: [],
  services: [],
  nodes: [],
  domains: [],
  options: defaultOptions,
}

/** What `namespace/name` is written for a pod. */
export const podKey = (pod: Pick<Pod, 'namespace' | 'name'>) => `${pod.namespace}/${pod.name}`

/** Oldest first. A pod that hangs on a node that is gone goes on claiming the address that another pod has by now. */
export const byAge = (a: Pod, b: Pod): number => (a.createdAt ?? 0) - (b.createdAt ?? 0)

// An endpoint as rows name it: one version of a pod, a host, a network set or a network. A changed pod is a new endpoint
// with a new id, so that whoever keeps things by id never mixes two versions.

export type EndpointType = 'wep' | 'hep' | 'ns' | 'net'

export interface Endpoint {
  /** Unique in this process. */
  readonly id: number
  readonly type: EndpointType
  /** Full pod name; `-` where the endpoint is no pod. */
  readonly name: string
  /** Generated pod-name prefix and `*`, name of a pod that was named by hand, of a host or network set, `pvt` or `pub`. */
  readonly nameAggr: string
  /** `-` where the endpoint has none. */
  readonly namespace: string
  /** `key=value`, sorted. */
  readonly labels: readonly string[]
  readonly node?: string | undefined
  readonly uid?: string | undefined
  /** Of a pod on its host's network: its loopback addresses are the host's. */
  readonly isOnHost?: true
}

let lastId = 0

export function makeEndpoint(endpoint: Omit<Endpoint, 'id'>): Endpoint {
  return { ...endpoint, id: ++lastId }
}

const isSameList = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((value, at) => value === b[at])

/** Whether two endpoints name the same in every respect; their ids apart. */
export const isSameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.type === b.type &&
  a.name === b.name &&
  a.nameAggr === b.nameAggr &&
  a.namespace === b.namespace &&
  a.node === b.node &&
  a.uid === b.uid &&
  a.isOnHost === b.isOnHost &&
  isSameList(a.labels, b.labels)

const network = (nameAggr: string): Endpoint =>
  makeEndpoint({ type: 'net', name: '-', nameAggr, namespace: '-', labels: [] })

/** Addresses that nobody we know has, by Calico's two names. */
export const networks: { readonly pvt: Endpoint; readonly pub: Endpoint } = { pvt: network('pvt'), pub: network('pub') }

/** A service port as a client addresses it. */
export interface ServicePort {
  readonly id: number
  readonly name: string
  readonly namespace: string
  readonly portName: string
  readonly port: number
}

let lastServiceId = 0

export function makeServicePort(port: Omit<ServicePort, 'id'>): ServicePort {
  return { ...port, id: ++lastServiceId }
}

/** Whether two ports are called the same; their ids apart. */
export const isSameServicePort = (a: ServicePort, b: ServicePort): boolean =>
  a.name === b.name && a.namespace === b.namespace && a.portName === b.portName && a.port === b.port

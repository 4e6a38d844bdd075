// What services and their slices claim: the addresses and ports by which clients dial them, and that somebody stands behind
// them. Pure, but for the timelines in which claims are held.
import { canonicalIp } from '@margay/model'
import type { ServicePort } from './endpoint.ts'
import { isSameServicePort, makeServicePort } from './endpoint.ts'
import type { EndpointSlice, Service } from './objects.ts'
import { createTimeline } from './timeline.ts'

/** What a key stands for; the key as a client dials it. */
export type Claim<T> = readonly [key: string, value: T]

/**
 * How kube-proxy takes what is sent to an address of a service: by the service's policy for traffic within the cluster, or by
 * that for traffic from beyond; or not at all, where a load balancer wants to see it.
 */
type Reach = 'internal' | 'external' | 'none'

/** A port of a service at one of its addresses. */
export interface DialledPort {
  readonly service: ServicePort
  /** What its slices call the port; empty where it has no name. */
  readonly sliceName: string
  /** Kubernetes makes slices for such a service, an empty one where no pod is selected; for others somebody else may. */
  readonly selectsPods: boolean
  readonly reach: Reach
  /** A node sends it to endpoints on itself and to no others. */
  readonly isLocal: boolean
}

export const isSameDialled = (a: DialledPort, b: DialledPort): boolean =>
  a.sliceName === b.sliceName &&
  a.selectsPods === b.selectsPods &&
  a.reach === b.reach &&
  a.isLocal === b.isLocal &&
  isSameServicePort(a.service, b.service)

export const anyNode = '*'
export const keyOf = (ip: string, port: number, proto: string) => `${ip}|${port}|${proto}`
const canonical = (ips: readonly (string | undefined)[]) => [
  ...new Set(ips.map((ip) => (ip ? canonicalIp(ip) : undefined)).filter((ip) => ip !== undefined)),
]

/** Ports of one number in several protocols have one name only where they agree. */
function portName({ spec }: Service, port: Service['spec']['ports'][number]): string {
  const sharing = spec.ports.filter((other) => other.port === port.port).length
  return sharing > 1 ? '*' : port.name || '-'
}

export const nameOfService = ({ metadata }: Service): string => `${metadata.namespace ?? 'default'}/${metadata.name}`

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None' || spec.clusterIPs.includes('None')

/** Each address by which a service is dialled; the cluster's own is that, whatever else it is said to be. */
function addressesOf({ spec, status }: Service): ReadonlyMap<string, Reach> {
  const own = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP]
  const balanced = status.loadBalancer?.ingress ?? []
  const through = balanced.filter(({ ipMode }) => ipMode === 'Proxy')
  const of = (reach: Reach, ips: readonly (string | undefined)[]) => canonical(ips).map((ip) => [ip, reach] as const)
  return new Map([
    ...of(
      'none',
      through.map(({ ip }) => ip),
    ),
    ...of('external', [...spec.externalIPs, ...balanced.filter((each) => !through.includes(each)).map(({ ip }) => ip)]),
    ...of('internal', own),
  ])
}

/** Every key under which a service with an address can be dialled, with the port that it means; kube-proxy skips all others. */
export function claimsOfService(service: Service): readonly Claim<DialledPort>[] {
  const { spec, metadata } = service
  if (spec.type === 'ExternalName' || isHeadless(service)) return []
  const local = {
    none: false,
    internal: spec.internalTrafficPolicy === 'Local',
    external: spec.externalTrafficPolicy === 'Local',
  } satisfies Readonly<Record<Reach, boolean>>
  const addresses = addressesOf(service)
  return spec.ports.flatMap((port): Claim<DialledPort>[] => {
    const proto = port.protocol.toLowerCase()
    const named = {
      service: makeServicePort({
        name: metadata.name,
        namespace: metadata.namespace ?? 'default',
        portName: portName(service, port),
        port: port.port,
      }),
      sliceName: port.name,
      selectsPods: Object.keys(spec.selector ?? {}).length > 0,
    }
    const at = (reach: Reach): DialledPort => ({ ...named, reach, isLocal: local[reach] })
    const claims = [...addresses].map(([ip, reach]): Claim<DialledPort> => [keyOf(ip, port.port, proto), at(reach)])
    return port.nodePort === undefined ? claims : [...claims, [keyOf(anyNode, port.nodePort, proto), at('external')]]
  })
}

const serviceLabel = 'kubernetes.io/service-name'

/** `shop/db`, the service that a slice belongs to. */
export const serviceOfSlice = ({ metadata }: EndpointSlice): string | undefined =>
  metadata.labels[serviceLabel] && `${metadata.namespace ?? 'default'}/${metadata.labels[serviceLabel]}`

/** One that terminates is not ready any more and still serves whoever is connected. Unknown is yes, as Kubernetes has it. */
const isServing = ({ conditions }: EndpointSlice['endpoints'][number]): boolean =>
  conditions?.serving ?? conditions?.ready ?? true

/** What clients of a headless service dial, or are connected to still. */
export function claimsOfSlice({ endpoints, ports, metadata }: EndpointSlice): readonly Claim<ServicePort>[] {
  const ips = canonical(endpoints.filter(isServing).flatMap(({ addresses }) => addresses))
  return ports.flatMap(({ name, port, protocol }) => {
    if (port === undefined || port === null) return []
    const named = makeServicePort({
      name: metadata.labels[serviceLabel] ?? '-',
      namespace: metadata.namespace ?? 'default',
      portName: name || '-',
      port,
    })
    return ips.map((ip): Claim<ServicePort> => [keyOf(ip, port, (protocol ?? 'TCP').toLowerCase()), named])
  })
}

/** kube-proxy sends to endpoints that are ready; where none is, to those that end and still serve. */
const takesTraffic = ({ conditions }: EndpointSlice['endpoints'][number]) =>
  conditions?.ready !== false || (conditions.serving === true && conditions.terminating === true)

const familyOf = (ip: string): 4 | 6 => (ip.includes(':') ? 6 : 4)
export const isOfFamily = (ip: string, other: string): boolean => familyOf(ip) === familyOf(other)

/** Names of one port are equal in a service and in its slices; no name is an empty one. Each family has its own endpoints. */
export const endpointsKey = (service: string, sliceName: string, ip: string): string =>
  `${service}|${sliceName}|${familyOf(ip)}`

/** Ports of the slice's service behind which somebody stands, with the nodes of those who do. */
export function claimsOfEndpoints(slice: EndpointSlice): readonly Claim<readonly string[]>[] {
  const service = serviceOfSlice(slice)
  const taking = slice.endpoints.filter(takesTraffic)
  if (service === undefined) return []
  return ['0.0.0.0', '::'].flatMap((any) => {
    const some = taking.filter(({ addresses }) => canonical(addresses).some((ip) => isOfFamily(ip, any)))
    if (some.length === 0) return []
    const nodes = [...new Set(some.flatMap(({ nodeName }) => nodeName ?? []))].sort()
    return slice.ports.map(({ name }): Claim<readonly string[]> => [endpointsKey(service, name ?? '', any), nodes])
  })
}

/** Who stands in a slice. */
export interface Members {
  /** Ready or not. */
  readonly addresses: readonly string[]
  /** Those of them that kube-proxy may send to. */
  readonly taking: readonly string[]
  /** Numbers of ports by the names that the service has for them. */
  readonly ports: ReadonlyMap<string, number>
}

const addressesIn = (endpoints: EndpointSlice['endpoints']) =>
  canonical(endpoints.flatMap(({ addresses }) => addresses))

export const membersOfSlice = ({ endpoints, ports }: EndpointSlice): Members => ({
  addresses: addressesIn(endpoints),
  taking: addressesIn(endpoints.filter(takesTraffic)),
  ports: new Map(ports.flatMap(({ name, port }) => (typeof port === 'number' ? [[name ?? '', port] as const] : []))),
})

export const isSameMembers = (a: Members, b: Members): boolean =>
  a.addresses.join() === b.addresses.join() &&
  a.taking.join() === b.taking.join() &&
  [...a.ports].join() === [...b.ports].join()

/** Keys that an owner holds in a timeline, so that they can be given up. A value that says the same is the one before. */
export function createClaims<T>(isSame: (a: T, b: T) => boolean) {
  const timeline = createTimeline<T>()
  const held = new Map<string, ReadonlyMap<string, T>>()
  return {
    timeline,
    set(owner: string, claims: readonly Claim<T>[], from: number) {
      const before = held.get(owner)
      const now = new Map<string, T>()
      for (const [key, value] of claims) {
        const known = before?.get(key)
        now.set(key, known !== undefined && isSame(known, value) ? known : value)
      }
      for (const key of before?.keys() ?? []) if (!now.has(key)) timeline.end(key, owner, from)
      for (const [key, value] of now) timeline.set(key, owner, value, from)
      if (now.size > 0) held.set(owner, now)
      else held.delete(owner)
    },
  }
}

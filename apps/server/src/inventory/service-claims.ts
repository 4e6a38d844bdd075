// What services and their slices claim: the addresses and ports by which clients dial them, and that somebody stands behind
// them. Pure, but for the timelines in which claims are held.
import { canonicalIp } from '@margay/model'
import type { ServicePort } from './endpoint.ts'
import { makeServicePort } from './endpoint.ts'
import type { EndpointSlice, Service } from './objects.ts'
import { createTimeline } from './timeline.ts'

/** What a key stands for; the key as a client dials it. */
export type Claim<T> = readonly [key: string, value: T]

/** A port of a service that has an address. */
export interface DialledPort {
  readonly service: ServicePort
  /** Where its endpoints are claimed. */
  readonly endpoints: string
  /** What its slices call the port; empty where it has no name. */
  readonly sliceName: string
  /** Kubernetes makes slices for such a service, an empty one where no pod is selected; for others somebody else may. */
  readonly selectsPods: boolean
}

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

/** Names of one port are equal in a service and in its slices; no name is an empty one. */
const endpointsKey = (service: string, portName: string | null | undefined) => `${service}|${portName ?? ''}`

export const nameOfService = ({ metadata }: Service): string => `${metadata.namespace ?? 'default'}/${metadata.name}`

/** Every key under which a service with an address can be dialled, with the port that it means. */
export function claimsOfService(service: Service): readonly Claim<DialledPort>[] {
  const { spec, status, metadata } = service
  const external = (status.loadBalancer?.ingress ?? []).map(({ ip }) => ip)
  const own = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP]
  const ips = canonical([...own, ...spec.externalIPs, ...external])
  return spec.ports.flatMap((port): Claim<DialledPort>[] => {
    const proto = port.protocol.toLowerCase()
    const named = {
      service: makeServicePort({
        name: metadata.name,
        namespace: metadata.namespace ?? 'default',
        portName: portName(service, port),
        port: port.port,
      }),
      endpoints: endpointsKey(nameOfService(service), port.name),
      sliceName: port.name,
      selectsPods: Object.keys(spec.selector ?? {}).length > 0,
    }
    const claims = ips.map((ip): Claim<DialledPort> => [keyOf(ip, port.port, proto), named])
    return port.nodePort === undefined ? claims : [...claims, [keyOf(anyNode, port.nodePort, proto), named]]
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

/** Ports of the slice's service behind which somebody stands. */
export function claimsOfEndpoints(slice: EndpointSlice): readonly Claim<true>[] {
  const service = serviceOfSlice(slice)
  if (service === undefined || !slice.endpoints.some(takesTraffic)) return []
  return slice.ports.map(({ name }) => [endpointsKey(service, name), true])
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

const addressesOf = (endpoints: EndpointSlice['endpoints']) =>
  canonical(endpoints.flatMap(({ addresses }) => addresses))

export const membersOfSlice = ({ endpoints, ports }: EndpointSlice): Members => ({
  addresses: addressesOf(endpoints),
  taking: addressesOf(endpoints.filter(takesTraffic)),
  ports: new Map(ports.flatMap(({ name, port }) => (typeof port === 'number' ? [[name ?? '', port] as const] : []))),
})

export const isSameMembers = (a: Members, b: Members): boolean =>
  a.addresses.join() === b.addresses.join() &&
  a.taking.join() === b.taking.join() &&
  [...a.ports].join() === [...b.ports].join()

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None' || spec.clusterIPs.includes('None')

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

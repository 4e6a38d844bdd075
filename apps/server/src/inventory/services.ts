// Which service a client dialled. A service with addresses of its own is known by address, port and protocol, by its external
// addresses, and on every node by its node ports. A headless one has no address: its clients dial the endpoints that its
// slices name, and an endpoint that several headless services name tells nothing.
import { canonicalIp } from '@margay/model'
import type { ServicePort } from './endpoint.ts'
import { makeServicePort } from './endpoint.ts'
import type { EndpointSlice, Service } from './objects.ts'
import { createTimeline } from './timeline.ts'

export interface Services {
  putService(uid: string, service: Service, from: number): void
  putSlice(uid: string, slice: EndpointSlice, from: number): void
  /** Ends a service or slice. */
  end(uid: string, at: number): void
  at(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
  /** A node port, whichever node was dialled. */
  nodePortAt(port: number, proto: string, moment: number): ServicePort | undefined
  forgetBefore(moment: number): void
}

type Claim = readonly [key: string, port: ServicePort]

const anyNode = '*'
const keyOf = (ip: string, port: number, proto: string) => `${ip}|${port}|${proto}`
const canonical = (ips: readonly (string | undefined)[]) => [
  ...new Set(ips.map((ip) => (ip ? canonicalIp(ip) : undefined)).filter((ip) => ip !== undefined)),
]

/** Ports of one number in several protocols have one name only where they agree. */
function portName({ spec }: Service, port: Service['spec']['ports'][number]): string {
  const sharing = spec.ports.filter((other) => other.port === port.port).length
  return sharing > 1 ? '*' : port.name || '-'
}

/** Every key under which a service with an address can be dialled, with the port that it means. */
function claimsOfService(service: Service): Claim[] {
  const { spec, status, metadata } = service
  const external = (status.loadBalancer?.ingress ?? []).map(({ ip }) => ip)
  const own = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP]
  const ips = canonical([...own, ...spec.externalIPs, ...external])
  return spec.ports.flatMap((port): Claim[] => {
    const proto = port.protocol.toLowerCase()
    const named = makeServicePort({
      name: metadata.name,
      namespace: metadata.namespace ?? 'default',
      portName: portName(service, port),
      port: port.port,
    })
    const claims = ips.map((ip): Claim => [keyOf(ip, port.port, proto), named])
    return port.nodePort === undefined ? claims : [...claims, [keyOf(anyNode, port.nodePort, proto), named]]
  })
}

const serviceLabel = 'kubernetes.io/service-name'

/** `shop/db`, the service that a slice belongs to. */
const serviceOfSlice = ({ metadata }: EndpointSlice): string | undefined =>
  metadata.labels[serviceLabel] && `${metadata.namespace ?? 'default'}/${metadata.labels[serviceLabel]}`

function claimsOfSlice({ endpoints, ports, metadata }: EndpointSlice): Claim[] {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  const ips = canonical(ready.flatMap(({ addresses }) => addresses))
  return ports.flatMap(({ name, port, protocol }) => {
    if (port === undefined || port === null) return []
    const named = makeServicePort({
      name: metadata.labels[serviceLabel] ?? '-',
      namespace: metadata.namespace ?? 'default',
      portName: name || '-',
      port,
    })
    return ips.map((ip): Claim => [keyOf(ip, port, (protocol ?? 'TCP').toLowerCase()), named])
  })
}

const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None' || spec.clusterIPs.includes('None')

/** Keys that an owner holds in a timeline, so that they can be given up. */
function createClaims() {
  const timeline = createTimeline<ServicePort>()
  const held = new Map<string, readonly string[]>()
  return {
    timeline,
    set(owner: string, claims: readonly Claim[], from: number) {
      const keys = new Set(claims.map(([key]) => key))
      for (const key of held.get(owner) ?? []) if (!keys.has(key)) timeline.end(key, owner, from)
      for (const [key, port] of claims) timeline.set(key, owner, port, from)
      if (keys.size > 0) held.set(owner, [...keys])
      else held.delete(owner)
    },
  }
}

export function createServices(): Services {
  const dialled = createClaims()
  const headless = createClaims()
  const slices = new Map<string, { readonly slice: EndpointSlice; readonly service: string | undefined }>()
  const slicesOf = new Map<string, Set<string>>()
  /** Headless services by uid, and their names. */
  const headlessNames = new Map<string, string>()

  const isOfHeadless = (service: string) => [...headlessNames.values()].includes(service)
  const claimSlice = (uid: string, from: number) => {
    const known = slices.get(uid)
    const named = known?.service !== undefined && isOfHeadless(known.service)
    headless.set(uid, known && named ? claimsOfSlice(known.slice) : [], from)
  }
  const claimSlicesOf = (service: string, from: number) => {
    for (const uid of slicesOf.get(service) ?? []) claimSlice(uid, from)
  }
  const forgetSlice = (uid: string) => {
    const { service } = slices.get(uid) ?? {}
    if (service !== undefined) slicesOf.get(service)?.delete(uid)
    slices.delete(uid)
  }
  const setHeadless = (uid: string, name: string | undefined, at: number) => {
    const before = headlessNames.get(uid)
    if (before === name) return
    if (name === undefined) headlessNames.delete(uid)
    else headlessNames.set(uid, name)
    for (const service of new Set([before, name])) if (service !== undefined) claimSlicesOf(service, at)
  }
  /** The one headless service that names an endpoint; its slices may be several. */
  const headlessAt = (key: string, moment: number): ServicePort | undefined => {
    const all = headless.timeline.allAt(key, moment)
    const names = new Set(all.map(({ name, namespace }) => `${namespace}/${name}`))
    return names.size === 1 ? all[0] : undefined
  }
  return {
    putService(uid, service, from) {
      const name = `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`
      dialled.set(uid, claimsOfService(service), from)
      setHeadless(uid, isHeadless(service) ? name : undefined, from)
    },
    putSlice(uid, slice, from) {
      forgetSlice(uid)
      const service = serviceOfSlice(slice)
      slices.set(uid, { slice, service })
      if (service !== undefined) slicesOf.set(service, (slicesOf.get(service) ?? new Set()).add(uid))
      claimSlice(uid, from)
    },
    end(uid, at) {
      dialled.set(uid, [], at)
      headless.set(uid, [], at)
      forgetSlice(uid)
      setHeadless(uid, undefined, at)
    },
    at: (ip, port, proto, moment) =>
      dialled.timeline.at(keyOf(ip, port, proto), moment) ?? headlessAt(keyOf(ip, port, proto), moment),
    nodePortAt: (port, proto, moment) => dialled.timeline.at(keyOf(anyNode, port, proto), moment),
    forgetBefore(moment) {
      dialled.timeline.forgetBefore(moment)
      headless.timeline.forgetBefore(moment)
    },
  }
}

// Which service a client dialled. A service with addresses of its own is known by address, port and protocol, by its external
// addresses, and on every node by its node ports. A headless one has no address: its clients dial the endpoints that its
// slices name, and an endpoint that several headless services name tells nothing. A connection keeps the service that it was
// translated for, also when that is gone or its address is another's by now.
import type { ServicePort } from './endpoint.ts'
import { isSameServicePort } from './endpoint.ts'
import type { EndpointSlice, Service } from './objects.ts'
import type { DialledPort } from './service-claims.ts'
import {
  anyNode,
  claimsOfEndpoints,
  claimsOfService,
  claimsOfSlice,
  createClaims,
  isHeadless,
  isSameMembers,
  keyOf,
  membersOfSlice,
  nameOfService,
  serviceOfSlice,
} from './service-claims.ts'

/** Where an endpoint of a service answers. */
export interface Backend {
  readonly ip: string
  readonly port: number
}

/** Where what is sent to a service's own address goes. */
export interface Backends {
  /** `shop/db`. */
  readonly service: string
  readonly all: readonly Backend[]
  /** False where slices are not read, so that there may be others. */
  readonly areRead: boolean
}

export interface Services {
  putService(uid: string, service: Service, from: number): void
  putSlice(uid: string, slice: EndpointSlice, from: number): void
  /** Ends a service or slice. */
  end(uid: string, at: number): void
  at(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
  /** A node port, whichever node was dialled. */
  nodePortAt(port: number, proto: string, moment: number): ServicePort | undefined
  /** The service that a connection was translated for which was there at a moment: the last one that had the address. */
  translatedAt(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
  nodePortTranslatedAt(port: number, proto: string, moment: number): ServicePort | undefined
  /**
   * Whether a service has this address, and at the beginning or the end of a span of seconds nobody stood behind its port.
   * False where nobody told of slices, so that who stands there is not known.
   */
  isUnbacked(ip: string, port: number, proto: string, since: number, until: number): boolean
  /** Whoever took traffic for a service's own address at the beginning or the end of a span of seconds. */
  backendsIn(ip: string, port: number, proto: string, since: number, until: number): Backends | undefined
  /** Addresses of everything that stands behind a service, ready or not. */
  behind(service: Pick<ServicePort, 'namespace' | 'name'>, moment: number): readonly string[]
  forgetBefore(moment: number): void
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}

function removeFrom(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}

const isSameDialled = (a: DialledPort, b: DialledPort) =>
  a.endpoints === b.endpoints &&
  a.sliceName === b.sliceName &&
  a.selectsPods === b.selectsPods &&
  isSameServicePort(a.service, b.service)

const nameOf = ({ namespace, name }: Pick<ServicePort, 'namespace' | 'name'>) => `${namespace}/${name}`

const isOfFamily = (ip: string, other: string) => ip.includes(':') === other.includes(':')

export function createServices(): Services {
  const dialled = createClaims(isSameDialled)
  const headless = createClaims(isSameServicePort)
  const endpoints = createClaims<true>(Object.is)
  /** Who stands in slices, by the name of their service. */
  const members = createClaims(isSameMembers)
  const slices = new Map<string, { readonly slice: EndpointSlice; readonly service: string | undefined }>()
  const slicesOf = new Map<string, Set<string>>()
  /** Names of headless services by uid, and uids by name: where a service is made anew there are two for a while. */
  const headlessNames = new Map<string, string>()
  const headlessUids = new Map<string, Set<string>>()

  const claimSlice = (uid: string, from: number) => {
    const known = slices.get(uid)
    const named = known?.service !== undefined && headlessUids.has(known.service)
    headless.set(uid, known && named ? claimsOfSlice(known.slice) : [], from)
  }
  const claimSlicesOf = (service: string, from: number) => {
    for (const uid of slicesOf.get(service) ?? []) claimSlice(uid, from)
  }
  const forgetSlice = (uid: string) => {
    const { service } = slices.get(uid) ?? {}
    if (service !== undefined) removeFrom(slicesOf, service, uid)
    slices.delete(uid)
  }
  const setHeadless = (uid: string, name: string | undefined, at: number) => {
    const before = headlessNames.get(uid)
    if (before === name) return
    if (before !== undefined) removeFrom(headlessUids, before, uid)
    headlessNames.delete(uid)
    if (name !== undefined) {
      headlessNames.set(uid, name)
      addTo(headlessUids, name, uid)
    }
    for (const service of new Set([before, name])) if (service !== undefined) claimSlicesOf(service, at)
  }
  /** The one headless service that names an endpoint; its slices may be several. */
  const headlessAt = (key: string, moment: number): ServicePort | undefined => {
    const all = headless.timeline.allAt(key, moment)
    const names = new Set(all.map(({ name, namespace }) => `${namespace}/${name}`))
    return names.size === 1 ? all[0] : undefined
  }
  /** Whether the slices of a service are read, so that one who is not in them does not stand behind it. */
  const areSlicesRead = ({ service, selectsPods }: DialledPort, moment: number): boolean =>
    selectsPods ? members.timeline.lastUntil(nameOf(service), moment) !== undefined : members.timeline.size > 0

  return {
    putService(uid, service, from) {
      dialled.set(uid, claimsOfService(service), from)
      setHeadless(uid, isHeadless(service) ? nameOfService(service) : undefined, from)
    },
    putSlice(uid, slice, from) {
      forgetSlice(uid)
      const service = serviceOfSlice(slice)
      slices.set(uid, { slice, service })
      if (service !== undefined) addTo(slicesOf, service, uid)
      endpoints.set(uid, claimsOfEndpoints(slice), from)
      members.set(uid, service === undefined ? [] : [[service, membersOfSlice(slice)]], from)
      claimSlice(uid, from)
    },
    end(uid, at) {
      dialled.set(uid, [], at)
      headless.set(uid, [], at)
      endpoints.set(uid, [], at)
      members.set(uid, [], at)
      forgetSlice(uid)
      setHeadless(uid, undefined, at)
    },
    at: (ip, port, proto, moment) =>
      dialled.timeline.at(keyOf(ip, port, proto), moment)?.service ?? headlessAt(keyOf(ip, port, proto), moment),
    nodePortAt: (port, proto, moment) => dialled.timeline.at(keyOf(anyNode, port, proto), moment)?.service,
    translatedAt: (ip, port, proto, moment) => dialled.timeline.lastUntil(keyOf(ip, port, proto), moment)?.service,
    nodePortTranslatedAt: (port, proto, moment) =>
      dialled.timeline.lastUntil(keyOf(anyNode, port, proto), moment)?.service,
    isUnbacked(ip, port, proto, since, until) {
      const found = dialled.timeline.at(keyOf(ip, port, proto), until)
      if (!found || !areSlicesRead(found, until)) return false
      const isBackedAt = (moment: number) => endpoints.timeline.at(found.endpoints, moment) === true
      return !isBackedAt(since) || !isBackedAt(until)
    },
    backendsIn(ip, port, proto, since, until) {
      const found = dialled.timeline.at(keyOf(ip, port, proto), until)
      if (!found) return undefined
      const service = nameOf(found.service)
      const all = new Map<string, Backend>()
      for (const moment of [since, until])
        for (const { taking, ports } of members.timeline.allAt(service, moment)) {
          const target = ports.get(found.sliceName)
          if (target === undefined) continue
          for (const each of taking) if (isOfFamily(each, ip)) all.set(`${each} ${target}`, { ip: each, port: target })
        }
      return { service, all: [...all.values()], areRead: areSlicesRead(found, until) }
    },
    behind: (service, moment) => members.timeline.allAt(nameOf(service), moment).flatMap(({ addresses }) => addresses),
    forgetBefore(moment) {
      members.timeline.forgetBefore(moment)
      dialled.timeline.forgetBefore(moment)
      headless.timeline.forgetBefore(moment)
      endpoints.timeline.forgetBefore(moment)
    },
  }
}

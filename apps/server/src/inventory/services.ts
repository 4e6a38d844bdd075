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
  endpointsKey,
  isHeadless,
  isOfFamily,
  isSameDialled,
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
  /** A node sends to those on itself alone. */
  readonly isLocal: boolean
}

/** An address as it was dialled; a host's has the node ports of all services. */
export interface Dialled {
  readonly ip: string
  readonly port: number
  readonly proto: string
  readonly isHost: boolean
}

/** The node whose rules took a connection, and whether it began there. */
export interface Taker {
  readonly node: string
  readonly isFromHere: boolean
}

export type Unbacked = 'everywhere' | 'here'

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
   * Where nobody stood behind a service's port at the beginning or the end of a span of seconds: anywhere, or on the node that
   * sends what it takes to none but its own. Undefined where somebody did, where no service has the address, and where nobody
   * told of slices, so that who stands there is not known.
   */
  unbackedIn(dialled: Dialled, since: number, until: number, taker: Taker | undefined): Unbacked | undefined
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

const nameOf = ({ namespace, name }: Pick<ServicePort, 'namespace' | 'name'>) => `${namespace}/${name}`

const isSameList = (a: readonly string[], b: readonly string[]) => a.join() === b.join()

/**
 * The node that sends what it took to none but its own. What begins on a node goes to any endpoint, by whichever external
 * address: only what comes from beyond is bound by the policy for that.
 */
function staysOn({ reach, isLocal }: DialledPort, taker: Taker | undefined): string | undefined {
  if (!isLocal || !taker) return undefined
  return reach === 'external' && taker.isFromHere ? undefined : taker.node
}

export function createServices(): Services {
  const dialled = createClaims(isSameDialled)
  const headless = createClaims(isSameServicePort)
  /** Nodes of those who take traffic, by port and family. */
  const endpoints = createClaims(isSameList)
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
    unbackedIn({ ip, port, proto, isHost }, since, until, taker) {
      const own = dialled.timeline.at(keyOf(ip, port, proto), until)
      const found = own ?? (isHost ? dialled.timeline.at(keyOf(anyNode, port, proto), until) : undefined)
      if (!found || found.reach === 'none' || !areSlicesRead(found, until)) return undefined
      const key = endpointsKey(nameOf(found.service), found.sliceName, ip)
      const ends = [since, until].map((moment) => endpoints.timeline.allAt(key, moment))
      if (ends.some((nodes) => nodes.length === 0)) return 'everywhere'
      const node = staysOn(found, taker)
      const isHere = node === undefined || ends.every((all) => all.some((nodes) => nodes.includes(node)))
      return isHere ? undefined : 'here'
    },
    backendsIn(ip, port, proto, since, until) {
      const found = dialled.timeline.at(keyOf(ip, port, proto), until)
      if (!found || found.reach === 'none') return undefined
      const service = nameOf(found.service)
      const all = new Map<string, Backend>()
      for (const moment of [since, until])
        for (const { taking, ports } of members.timeline.allAt(service, moment)) {
          const target = ports.get(found.sliceName)
          if (target === undefined) continue
          for (const each of taking) if (isOfFamily(each, ip)) all.set(`${each} ${target}`, { ip: each, port: target })
        }
      const isLocal = found.reach === 'internal' && found.isLocal
      return { service, all: [...all.values()], areRead: areSlicesRead(found, until), isLocal }
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

// Ends as policy sees them. A place is what the two ends of a judged series are: a pod by its uid, however often its labels
// change; a node; a class of addresses outside; somebody of ours of whom too little is known; each of them also as a client
// found it, by a class of names. Equal places are equal to every policy, so that what was judged of one row holds for all rows
// between the same two places.
import type { Address, FlowEnd, Names } from '@margay/policy'
import { parseAddress } from '@margay/policy'
import type { Endpoint } from '../inventory/endpoint.ts'
import type { Unbacked } from '../inventory/services.ts'
import type { AddressClasses } from './address-classes.ts'
import { createClassPlaces } from './class-places.ts'
import type { DomainClasses } from './domain-classes.ts'
import { goneTitle } from './gone.ts'
import type { KnownAddresses } from './known-addresses.ts'
import type { ServiceCandidates, ServiceEnds } from './service-places.ts'
import { createServicePlaces } from './service-places.ts'

export interface Place {
  /** Unique in this process. */
  readonly id: number
  readonly end: FlowEnd
  /** What the same ends were before a block, a name or an object told them apart. */
  coarser: Place | undefined
  /** It is a service's own address, behind which nobody stood: a node refuses in its name, and no policy is asked. */
  readonly unbacked?: Unbacked
  /** It is a service's own address, which stands for one of several ends. */
  readonly among?: ServiceEnds
  /** When it was first told apart from that, Unix seconds. */
  readonly since: number
  /** Round in which it was last asked for. */
  round: number
}

export interface PlaceDeps {
  readonly classes: AddressClasses
  readonly domains: DomainClasses
  readonly known: KnownAddresses
}

export interface Places {
  /** The reporter's own end; `podUid` is from its cgroup. */
  own(endpoint: Endpoint, ip: string | undefined, podUid: string | undefined): Place
  peer(endpoint: Endpoint, ip: string | undefined): Place
  /** A destination as a client was led to it, where policies ask for names: by the names that gave the client this address, and their aliases. */
  called(place: Place, names: Names): Place
  /** A service's own address, of which nobody saw whom it was translated to. */
  oneOf(candidates: ServiceCandidates): Place
  /** A service's own address, without endpoints. */
  unbacked(place: Place, where: Unbacked): Place
  /** Forgets places that nobody asked for in the last rounds, where there are too many. Called between segments. */
  trim(): void
  readonly size: number
}

/** More than any cluster has ends that talk within some rounds. */
const maxPlaces = 500_000

/** How often places may have been told apart within the time for which that matters; older ones are let go. */
const maxCoarser = 8

function cutAfter(place: Place | undefined, count: number): void {
  if (!place) return
  if (count === 0) place.coarser = undefined
  else cutAfter(place.coarser, count - 1)
}

export function createPlaces({ classes, domains, known }: PlaceDeps): Places {
  const places = new Map<string, Place>()
  let pods = new Map<number, { readonly ip: string | undefined; readonly place: Place }>()
  let lastId = 0
  let round = 0

  const make = (end: FlowEnd, since: number, coarser: Place | undefined): Place => {
    cutAfter(coarser, maxCoarser)
    return { id: ++lastId, end, since, round, coarser }
  }
  const outside = createClassPlaces({ classes, known, make })
  const keep = (key: string, makePlace: () => Place): Place => {
    const found = places.get(key)
    if (found) {
      found.round = round
      return found
    }
    const made = makePlace()
    places.set(key, made)
    return made
  }
  const place = (key: string, makeEnd: () => FlowEnd, since = 0, findCoarser?: () => Place | undefined): Place =>
    keep(key, () => make(makeEnd(), since, findCoarser?.()))
  const unnamed = (title: string, address?: Address) =>
    place(`unnamed ${title}`, () => ({ unnamed: title, ...(address && { address }) }))
  const namePod = ({ uid, namespace, name }: Endpoint, ip: string | undefined): Place =>
    place(`pod ${uid} ${ip}`, () => {
      const address = ip === undefined ? undefined : parseAddress(ip)
      return { pod: `${namespace}/${name}`, ...(address && { address }) }
    })
  /** Fast path: the version of the pod that was asked for last, by its number and not by its name. */
  const pod = (endpoint: Endpoint, ip: string | undefined): Place => {
    const found = pods.get(endpoint.id)
    if (found && found.ip === ip) {
      found.place.round = round
      return found.place
    }
    const named = namePod(endpoint, ip)
    pods.set(endpoint.id, { ip, place: named })
    return named
  }
  const peer = (endpoint: Endpoint, ip: string | undefined): Place => {
    if (endpoint.type === 'wep') return pod(endpoint, ip)
    const address = ip === undefined ? undefined : parseAddress(ip)
    if (!address) return unnamed('an end without address')
    if (endpoint.type === 'hep' && endpoint.node !== undefined) {
      const { node } = endpoint
      return place(`node ${node} ${ip}`, () => ({ node, address }))
    }
    switch (known.of(ip!)) {
      case 'own':
        return place(
          `address ${ip}`,
          () => ({ address }),
          known.changedAt,
          () => outside.known(address),
        )
      case 'gone':
        return unnamed(goneTitle(ip!), address)
      case undefined:
        return outside.of(address, ip!)
    }
  }
  const oneOf = createServicePlaces({
    classes,
    known,
    peer,
    keep: (key, among) => keep(key, () => ({ ...make(among.each[0]!.end, 0, undefined), among })),
  })
  return {
    own(endpoint, ip, podUid) {
      const isNameless = podUid !== undefined && endpoint.type !== 'wep' && endpoint.type !== 'hep'
      if (!isNameless) return peer(endpoint, ip)
      return unnamed(`the pod with uid ${podUid}`, ip === undefined ? undefined : parseAddress(ip))
    },
    peer,
    called(to, names) {
      const found = domains.of(names)
      if (!found) return to
      const keyOf = (name: string) => `called ${name} ${to.id}`
      const makeEnd = () => ({ ...to.end, ...found.names })
      const findBefore = () => found.before.map((name) => places.get(keyOf(name))).find((one) => one !== undefined)
      return place(keyOf(found.name), makeEnd, found.since, () => findBefore() ?? to)
    },
    oneOf,
    unbacked: (to, where) =>
      keep(`unbacked ${where} ${to.id}`, () => ({ ...make(to.end, 0, undefined), unbacked: where })),
    trim() {
      round++
      if (pods.size > maxPlaces) pods = new Map()
      if (places.size <= maxPlaces) return
      pods = new Map()
      for (const [key, { round: used }] of places) if (used < round - 1) places.delete(key)
    },
    get size() {
      return places.size + outside.size
    },
  }
}

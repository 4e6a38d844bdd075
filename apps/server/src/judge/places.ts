// Ends as policy sees them. A place is what the two ends of a judged series are: a pod by its uid, however often its labels
// change; a node; a class of addresses outside; somebody of ours of whom too little is known; each of them also as a client
// found it, by a class of names. Equal places are equal to every policy, so that what was judged of one row holds for all rows
// between the same two places.
import type { Address, FlowEnd } from '@margay/policy'
import { parseAddress } from '@margay/policy'
import type { Endpoint } from '../inventory/endpoint.ts'
import type { AddressClass, AddressClasses } from './address-classes.ts'
import type { DomainClasses } from './domain-classes.ts'

export interface Place {
  /** Unique in this process. */
  readonly id: number
  readonly end: FlowEnd
  /** What the same ends were before a block or a name of a new policy told them apart. */
  readonly coarser?: Place
  /** When it was first told apart from that, Unix seconds. */
  readonly since: number
  /** Round in which it was last asked for. */
  round: number
}

export interface PlaceDeps {
  readonly classes: AddressClasses
  readonly domains: DomainClasses
  /** Whether the address is that of a host or a service's endpoint by itself, and no class can stand for it. */
  readonly isOwn: (ip: string) => boolean
  /** Whether a pod that is gone had the address: then it is not outside. */
  readonly wasPods: (ip: string) => boolean
}

export interface Places {
  /** The reporter's own end; `podUid` is from its cgroup. */
  own(endpoint: Endpoint, ip: string | undefined, podUid: string | undefined): Place
  peer(endpoint: Endpoint, ip: string | undefined): Place
  /** A destination as a client was led to it, where policies ask for names: by the names that gave the client this address. */
  called(place: Place, names: readonly string[]): Place
  /** Forgets places that nobody asked for in the last rounds, where there are too many. Called between segments. */
  trim(): void
  readonly size: number
}

/** More than any cluster has ends that talk within some rounds. */
const maxPlaces = 500_000

export function createPlaces({ classes, domains, isOwn, wasPods }: PlaceDeps): Places {
  const places = new Map<string, Place>()
  let pods = new Map<number, { readonly ip: string | undefined; readonly place: Place }>()
  /** As many as there are blocks. */
  const byClass = new Map<AddressClass, Place>()
  let lastId = 0
  let round = 0

  const place = (key: string, makeEnd: () => FlowEnd, since = 0, findCoarser?: () => Place | undefined): Place => {
    const known = places.get(key)
    if (known) {
      known.round = round
      return known
    }
    const coarser = findCoarser?.()
    const made = { id: ++lastId, end: makeEnd(), since, round, ...(coarser && { coarser }) }
    places.set(key, made)
    return made
  }
  const firstOf = (keys: readonly string[]) => keys.map((key) => places.get(key)).find((known) => known !== undefined)
  const unnamed = (title: string, address?: Address) =>
    place(`unnamed ${title}`, () => ({ unnamed: title, ...(address && { address }) }))

  const makeClass = (address: Address): Place => {
    const [finest, ...coarser] = classes.of(address)
    // What was seen in a coarser class is known there already.
    const findCoarser = () => firstOf(coarser.map(({ name }) => `class ${name}`))
    return place(`class ${finest!.name}`, () => ({ address }), finest!.since, findCoarser)
  }
  /** The first address seen in a class speaks for all of it. */
  const ofClass = (address: Address): Place => {
    const finest = classes.finest(address)
    const known = byClass.get(finest)
    if (known) {
      known.round = round
      return known
    }
    const made = makeClass(address)
    byClass.set(finest, made)
    return made
  }
  const namePod = ({ uid, namespace, name }: Endpoint, ip: string | undefined): Place =>
    place(`pod ${uid} ${ip}`, () => {
      const address = ip === undefined ? undefined : parseAddress(ip)
      return { pod: `${namespace}/${name}`, ...(address && { address }) }
    })
  /** Fast path: the version of the pod that was asked for last, by its number and not by its name. */
  const pod = (endpoint: Endpoint, ip: string | undefined): Place => {
    const known = pods.get(endpoint.id)
    if (known && known.ip === ip) {
      known.place.round = round
      return known.place
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
    if (isOwn(ip!)) return place(`address ${ip}`, () => ({ address }))
    if (wasPods(ip!)) return unnamed(`the pod that had ${ip}`, address)
    return ofClass(address)
  }
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
      const makeEnd = () => ({ ...to.end, domains: found.names })
      return place(keyOf(found.name), makeEnd, found.since, () => firstOf(found.before.map(keyOf)) ?? to)
    },
    trim() {
      round++
      if (pods.size > maxPlaces) pods = new Map()
      if (places.size <= maxPlaces) return
      pods = new Map()
      byClass.clear()
      for (const [key, { round: used }] of places) if (used < round - 1) places.delete(key)
    },
    get size() {
      return places.size
    },
  }
}

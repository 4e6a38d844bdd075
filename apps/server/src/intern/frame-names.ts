// Names as one frame needs them: an address is an entry of a column's dictionary, and each entry is looked up once for each
// moment that rows have, which is nearly always one. Made for a frame and a moment and thrown away with them.
import { isLoopback } from '@margay/model'
import type { ValueColumn } from '@margay/wire'
import type { Endpoint } from '../inventory/endpoint.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Place, Places } from '../judge/places.ts'
import type { Agents } from './agents.ts'
import type { Identity } from './identity.ts'

/** Whose rows are named, as of when. */
export interface Moment {
  readonly agent: string
  /** Unix seconds: the rows' interval ends at `at` and began at `since`. */
  readonly at: number
  readonly since: number
  /** Unix seconds. */
  readonly now: number
}

export interface NameDeps {
  readonly inventory: Inventory
  readonly agents: Agents
  readonly identity: Identity
}

/** The addresses of one column. */
export interface EntryNames {
  /** The reporter's own side. */
  readonly own: (podUid: string | undefined, entry: number) => Endpoint
  /** Whether that side, named so, is on another node for certain. */
  readonly isElsewhere: (podUid: string | undefined, entry: number, own: Endpoint) => boolean
  /** The other side, which talks with the reporter's own. */
  readonly peer: (entry: number, own: Endpoint) => Endpoint
  /** Whether an address passed from one owner to another in the moment's seconds: who it is depends on the row's own. */
  readonly isHandedOver: (entry: number) => boolean
  /** The other side in some of the moment's seconds alone, the last one not in them. */
  readonly peerWithin: (entry: number, own: Endpoint, since: number, until: number) => Endpoint
  /** What policy takes the endpoint for; asked only where there is a judge. */
  readonly ownPlace: (podUid: string | undefined, entry: number, endpoint: Endpoint) => Place
  readonly peerPlace: (entry: number, endpoint: Endpoint) => Place
  /** Some agent reports what this address does. */
  readonly covered: (entry: number) => boolean
  /** An agent other than the frame's own does. */
  readonly coveredByOther: (entry: number) => boolean
}

/**
 * An owner may be told to have lost an address in a second in which it still had it: times of the API are whole seconds, of
 * another clock.
 */
export const lateSeconds = 2

/** A function of small whole numbers that is worked out once for each. */
export function memoByEntry<T extends object | boolean>(make: (entry: number) => T): (entry: number) => T {
  const known: (T | undefined)[] = []
  return (entry) => (known[entry] ??= make(entry))
}

/** Finds by key or makes; the value may be undefined and is then known to be. */
export function memo<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key)
  if (value !== undefined || known.has(key)) return value as V
  const made = make()
  known.set(key, made)
  return made
}

/** Places by entry, kept for as long as the entry is the same endpoint, which is always but for network sets. */
function placesByEntry(
  make: (endpoint: Endpoint, entry: number) => Place,
): (entry: number, endpoint: Endpoint) => Place {
  const known: ({ readonly endpoint: Endpoint; readonly place: Place } | undefined)[] = []
  return (entry, endpoint) => {
    const found = known[entry]
    if (found?.endpoint === endpoint) return found.place
    const place = make(endpoint, entry)
    known[entry] = { endpoint, place }
    return place
  }
}

export function createEntryNames(
  { dictionary }: ValueColumn,
  moment: Moment,
  { agents, identity, inventory }: NameDeps,
  places?: Places,
): EntryNames {
  const { agent, at, now } = moment
  const { dependsOnNamespace } = inventory
  const addressOf = (entry: number) => dictionary[entry] as string | undefined
  const covers = (entry: number, except?: string) => {
    const ip = addressOf(entry)
    return ip !== undefined && agents.covers(ip, at, now, except)
  }
  const owns = new Map<string | undefined, (entry: number) => Endpoint>()
  const ownsOf = (podUid: string | undefined) => memoByEntry((entry) => identity.own(addressOf(entry), podUid, moment))
  const elsewhere = new Map<string | undefined, (entry: number) => boolean>()
  const elsewhereOf = (podUid: string | undefined) =>
    memoByEntry((entry) => {
      const own = memo(owns, podUid, () => ownsOf(podUid))(entry)
      return identity.isElsewhere(own, addressOf(entry), podUid, moment)
    })
  const host = agents.hostOf(agent)
  const peers = new Map<string, (entry: number) => Endpoint>()
  const peersOf = (namespace: string) =>
    memoByEntry((entry) => identity.peer(addressOf(entry), moment, dependsOnNamespace ? namespace : undefined))
  const anyPeer = peersOf('-')
  const ownPlaces = new Map<string | undefined, ReturnType<typeof placesByEntry>>()
  const ownPlacesOf = (podUid: string | undefined) =>
    placesByEntry((endpoint, entry) => places!.own(endpoint, addressOf(entry), podUid))
  const namespaceOf = (own: Endpoint) => (dependsOnNamespace ? own.namespace : undefined)
  const isWithin = memoByEntry((entry) => isLoopback(addressOf(entry) ?? ''))
  return {
    own: (podUid, entry) => memo(owns, podUid, () => ownsOf(podUid))(entry),
    isElsewhere: (podUid, entry, { node }) =>
      // Fast path: nearly everybody reports of their own node.
      node !== undefined && node !== host && memo(elsewhere, podUid, () => elsewhereOf(podUid))(entry),
    peer(entry, own) {
      // Whom a pod reaches by a loopback address is in the pod; from its host's network it is somebody on the host.
      if (own.type === 'wep' && !own.isOnHost && isWithin(entry)) return own
      // Fast path: without network sets of namespaces one answer is everybody's.
      return dependsOnNamespace ? memo(peers, own.namespace, () => peersOf(own.namespace))(entry) : anyPeer(entry)
    },
    isHandedOver: memoByEntry((entry) =>
      inventory.isHandedOver(addressOf(entry) ?? '', moment.since - lateSeconds, at),
    ),
    peerWithin: (entry, own, since, until) =>
      identity.peer(addressOf(entry), { agent, since, at: until }, namespaceOf(own)),
    ownPlace: (podUid, entry, endpoint) => memo(ownPlaces, podUid, () => ownPlacesOf(podUid))(entry, endpoint),
    peerPlace: placesByEntry((endpoint, entry) => places!.peer(endpoint, addressOf(entry))),
    covered: memoByEntry((entry) => covers(entry)),
    coveredByOther: memoByEntry((entry) => covers(entry, agent)),
  }
}

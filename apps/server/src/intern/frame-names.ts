// Names as one frame needs them: an address is an entry of a column's dictionary, and each entry is looked up once for each
// moment that rows have, which is nearly always one. Made for a frame and a moment and thrown away with them.
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
  /** The other side, which talks with a workload of the namespace. */
  readonly peer: (entry: number, namespace: string) => Endpoint
  /** What policy takes the same two for; asked only where there is a judge. */
  readonly ownPlace: (podUid: string | undefined, entry: number) => Place
  readonly peerPlace: (entry: number, namespace: string) => Place
  /** Some agent reports what this address does. */
  readonly covered: (entry: number) => boolean
  /** An agent other than the frame's own does. */
  readonly coveredByOther: (entry: number) => boolean
}

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
  const own = (podUid: string | undefined, entry: number) => memo(owns, podUid, () => ownsOf(podUid))(entry)
  const ownPlaces = new Map<string | undefined, (entry: number) => Place>()
  const ownPlacesOf = (podUid: string | undefined) =>
    memoByEntry((entry) => places!.own(own(podUid, entry), addressOf(entry), podUid))
  /** Fast path: without network sets of namespaces one answer is everybody's. */
  const byNamespace = <T extends object>(of: (namespace: string) => (entry: number) => T) => {
    const anybodys = of('-')
    if (!dependsOnNamespace) return (entry: number) => anybodys(entry)
    const known = new Map<string, (entry: number) => T>()
    return (entry: number, namespace: string) => memo(known, namespace, () => of(namespace))(entry)
  }
  const peer = byNamespace((namespace) =>
    memoByEntry((entry) => identity.peer(addressOf(entry), moment, dependsOnNamespace ? namespace : undefined)),
  )
  return {
    own,
    peer,
    ownPlace: (podUid, entry) => memo(ownPlaces, podUid, () => ownPlacesOf(podUid))(entry),
    peerPlace: byNamespace((namespace) =>
      memoByEntry((entry) => places!.peer(peer(entry, namespace), addressOf(entry))),
    ),
    covered: memoByEntry((entry) => covers(entry)),
    coveredByOther: memoByEntry((entry) => covers(entry, agent)),
  }
}

// Names as one frame needs them: most rows of a frame share a moment and few addresses, so each address is looked up once
// and then found in a map. Made for a frame and thrown away with it.
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Agents } from './agents.ts'
import type { Coverage } from './counts.ts'
import type { Identity } from './identity.ts'

export interface FrameNames extends Coverage {
  /** The reporter's own side. */
  own(ip: string | undefined, podUid: string | undefined, moment: number): Endpoint
  peer(ip: string | undefined, moment: number): Endpoint
  service(ip: string, port: number, proto: string, moment: number): ServicePort | undefined
}

interface Deps {
  readonly inventory: Inventory
  readonly agents: Agents
  readonly identity: Identity
}

/** Finds by key or makes; the value may be undefined and is then known to be. */
function memo<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key)
  if (value !== undefined || known.has(key)) return value as V
  const made = make()
  known.set(key, made)
  return made
}

/** `now` is Unix seconds. */
export function createFrameNames(agent: string, now: number, { inventory, agents, identity }: Deps): FrameNames {
  let current = Number.NaN
  let gone = false
  const owns = new Map<string | undefined, Map<string | undefined, Endpoint>>()
  const peers = new Map<string | undefined, Endpoint>()
  const services = new Map<string, ServicePort | undefined>()
  const covers = new Map<string, boolean>()
  const others = new Map<string, boolean>()

  /** Another moment makes everything that is known void. */
  const at = (moment: number) => {
    if (moment === current) return
    for (const known of [owns, peers, services, covers, others]) known.clear()
    current = moment
    gone = agents.wasGone(agent, moment)
  }
  return {
    own(ip, podUid, moment) {
      at(moment)
      const ofPod = memo(owns, podUid, () => new Map<string | undefined, Endpoint>())
      return memo(ofPod, ip, () => identity.own(agent, ip, podUid, moment))
    },
    peer(ip, moment) {
      at(moment)
      return memo(peers, ip, () => identity.peer(agent, ip, moment))
    },
    service(ip, port, proto, moment) {
      at(moment)
      return memo(services, `${ip} ${port} ${proto}`, () => inventory.serviceAt(ip, port, proto, moment))
    },
    covered(ip, moment) {
      at(moment)
      return memo(covers, ip, () => agents.covers(ip, moment, now))
    },
    coveredByOther(ip, moment) {
      at(moment)
      return memo(others, ip, () => agents.covers(ip, moment, now, agent))
    },
    wasGone(moment) {
      at(moment)
      return gone
    },
  }
}

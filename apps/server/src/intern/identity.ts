// Who an address is in an agent's report: the pod of its cgroup, the pod or host that the inventory knows by the address, the
// host whose agent reported it, and only then a network set or network. A side that the agent sees itself is known better than
// one it only sees the address of: whatever network it lies in, it is a pod or the host.
import { isLoopback } from '@margay/model'
import type { Endpoint } from '../inventory/endpoint.ts'
import { makeEndpoint, networks } from '../inventory/endpoint.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Agents } from './agents.ts'

/** Whose report it is, and the interval it is of (Unix seconds). */
export interface Reported {
  readonly agent: string
  readonly since: number
  readonly at: number
}

export interface Identity {
  /** The reporter's own side. `podUid` is from its cgroup. */
  own(ip: string | undefined, podUid: string | undefined, reported: Reported): Endpoint
  /**
   * Whether the reporter's own side, named so, is on other nodes than the reporter's for certain: then the reporter has not
   * seen it, whatever it says.
   */
  isElsewhere(own: Endpoint, ip: string | undefined, podUid: string | undefined, reported: Reported): boolean
  /** The other side, of which only the address is known. `namespace` is that of the reporter's own side. */
  peer(ip: string | undefined, reported: Reported, namespace?: string): Endpoint
  /** Whether a name may still come for what the agent saw: a pod that the inventory does not know yet. */
  isUnnamed(podUid: string | undefined, moment: number): boolean
}

/** The end of a row that has no address. */
export const nowhere = makeEndpoint({ type: 'net', name: '-', nameAggr: '-', namespace: '-', labels: [] })

/** A pod of which nobody knows more than that it has an address inside. */
const unknownPod = networks.pvt

export function createIdentity(inventory: Inventory, agents: Agents): Identity {
  const hosts = new Map<string, Endpoint>()
  const hostEndpoint = (host: string): Endpoint => {
    const known = hosts.get(host)
    if (known) return known
    const endpoint = makeEndpoint({ type: 'hep', name: '-', nameAggr: host, namespace: '-', labels: [], node: host })
    hosts.set(host, endpoint)
    return endpoint
  }
  const peer: Identity['peer'] = (ip, { agent, since, at }, namespace) => {
    if (ip === undefined) return nowhere
    if (isLoopback(ip)) return hostEndpoint(agents.hostOf(agent))
    const owner = inventory.ownerAt(ip, at, since)
    if (owner) return owner
    if (agents.isLocal(agent, ip, at)) return hostEndpoint(agents.hostOf(agent))
    const host = agents.hostOfAddress(ip, at)
    return host === undefined ? inventory.endpointAt(ip, at, since, namespace) : hostEndpoint(host)
  }
  return {
    own(ip, podUid, { agent, since, at }) {
      const pod = podUid === undefined ? undefined : inventory.podAt(podUid, at)
      if (pod) return pod
      const owner = ip === undefined ? undefined : inventory.ownerAt(ip, at, since)
      // An address that is known as another pod's has been given on: that pod is not who the kernel saw.
      if (owner?.type === 'wep' && podUid !== undefined && owner.uid !== podUid) return unknownPod
      if (owner) return owner
      // A pod that nobody named is not the host it runs on.
      return podUid !== undefined && inventory.filled ? unknownPod : hostEndpoint(agents.hostOf(agent))
    },
    isElsewhere(own, ip, podUid, { agent, since, at }) {
      const host = agents.hostOf(agent)
      if (own.node === undefined || own.node === host) return false
      return inventory.isElsewhere(host, { ip, podUid, since, until: at })
    },
    peer,
    isUnnamed: (podUid, moment) =>
      podUid !== undefined && inventory.filled && inventory.podAt(podUid, moment) === undefined,
  }
}

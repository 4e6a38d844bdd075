// Endpoints by the raw bytes that make them: the connections of one process to one place differ in the client's port
// alone, so thousands of them are one look into a map, without making a string or an object from the record.
import type { Shared } from '../collectors/collector.ts'
import { noNames } from '../dns/client-domains.ts'
import type { ClientNames } from '../dns/client-domains.ts'
import { party, partySize, role, tuple, tupleSize } from '../kernel/layout.ts'
import { flowOf, readSocket } from './endpoints.ts'
import type { Socket } from './endpoints.ts'
import type { Flow } from './flow.ts'
import type { Role } from './hosts.ts'
import { tupleKey } from './tuple.ts'

/** A socket's place in the flow table. `socket.ends` has the client's port of whichever connection was first. */
export interface Endpoint {
  readonly socket: Socket
  readonly role: Role
  /** Undefined where the flow table is full. */
  readonly flow: Flow | undefined
  /** What led this client to the address, at the time of the connection. */
  readonly names: ClientNames
}

export interface EndpointCache {
  /** The endpoint of a record whose party follows its tuple. */
  find(bytes: Buffer, tupleAt: number): Endpoint
}

/** Some hundred bytes each; a node with more pairs of processes and peers makes the rest anew each time. */
const maxEndpoints = 16_384

interface Entry {
  readonly endpoint: Endpoint
  readonly domainsVersion: number
}

export function createEndpointCache(shared: Shared): EndpointCache {
  const { config, domains, hosts, nat } = shared
  const entries = new Map<string, Entry>()
  const raw = Buffer.alloc(tupleSize + partySize)

  const make = (bytes: Buffer, tupleAt: number): Endpoint => {
    const socket = readSocket(shared, bytes, tupleAt, tupleAt + tupleSize)
    const { netns, local, remote } = socket.ends
    hosts.own(netns, local)
    const ofRole = socket.role === role.unknown ? hosts.roleOf(socket.ends) : socket.role
    return {
      socket,
      role: ofRole,
      flow: flowOf(shared, socket, ofRole, bytes, tupleAt),
      names: ofRole === role.server ? noNames : domains.find(netns, socket.cgroup, remote),
    }
  }

  const rawKey = (bytes: Buffer, tupleAt: number, isClient: boolean): string => {
    bytes.copy(raw, 0, tupleAt, tupleAt + raw.length)
    raw.fill(0, tupleSize + party.cookie, tupleSize + party.started)
    raw[tupleSize + party.sure] = 0
    if (config.aggregation === 1) raw.writeUInt16LE(0, isClient ? tuple.localPort : tuple.remotePort)
    return raw.toString('latin1')
  }

  return {
    find(bytes, tupleAt) {
      const ofRole = bytes[tupleAt + tupleSize + party.role]
      const isClient = ofRole === role.client
      // Who listens may change, and a translation belongs to one connection: those are made each time.
      if (ofRole === role.unknown || (isClient && nat.size > 0 && nat.find(tupleKey(bytes, tupleAt)))) {
        return make(bytes, tupleAt)
      }
      const key = rawKey(bytes, tupleAt, isClient)
      const known = entries.get(key)
      // Fast path: the same process to the same place, and nothing was asked of DNS since.
      if (known?.endpoint.flow?.isKept && known.domainsVersion === domains.version) return known.endpoint
      const endpoint = make(bytes, tupleAt)
      if (entries.size >= maxEndpoints) entries.clear()
      entries.set(key, { endpoint, domainsVersion: domains.version })
      return endpoint
    },
  }
}

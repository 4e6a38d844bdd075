// What the kernel's sockets tell about namespaces: which ports are listened on, and which addresses are whose. From it
// follow the direction of a connection that is older than the agent, and whether both ends are in one namespace. Nothing
// is ever concluded from the size of a port.
import { setNewest } from '@margay/kit'
import { role } from '../kernel/layout.ts'

export type Role = (typeof role)[keyof typeof role]

/** Both ends of a socket; addresses are their 16 bytes as latin1 text, which compares and hashes fast. */
export interface Ends {
  readonly netns: number
  readonly local: string
  readonly localPort: number
  readonly remote: string
  readonly remotePort: number
}

export interface Hosts {
  listen(cookie: number, netns: number, port: number): void
  unlisten(cookie: number): void
  /** Notes that an address belongs to a namespace. */
  own(netns: number, address: string): void
  /** Who started a connection, from who listens now; unknown where nobody does. */
  roleOf(ends: Ends): Role
  isLocal(ends: Ends): boolean
}

const mappedLoopback = `${'\0'.repeat(10)}\xff\xff\x7f`
const loopback6 = `${'\0'.repeat(15)}\x01`

export const isLoopback = (address: string) => address === loopback6 || address.startsWith(mappedLoopback)

/** More addresses than a node with the most pods has, in both families. */
const maxAddresses = 16_384

export function createHosts(): Hosts {
  const listeners = new Map<number, string>()
  const listening = new Map<string, number>()
  const owners = new Map<string, Set<number>>()

  const count = (key: string, by: number) => {
    const now = (listening.get(key) ?? 0) + by
    if (now > 0) listening.set(key, now)
    else listening.delete(key)
  }
  const listens = (netns: number, port: number) => listening.has(`${netns}:${port}`)
  const peerListens = ({ netns, remote, remotePort }: Ends) => {
    if (isLoopback(remote)) return listens(netns, remotePort)
    return [...(owners.get(remote) ?? [])].some((owner) => listens(owner, remotePort))
  }

  return {
    listen(cookie, netns, port) {
      if (listeners.has(cookie)) return
      listeners.set(cookie, `${netns}:${port}`)
      count(`${netns}:${port}`, 1)
    },
    unlisten(cookie) {
      const key = listeners.get(cookie)
      if (key === undefined) return
      listeners.delete(cookie)
      count(key, -1)
    },
    own(netns, address) {
      const known = owners.get(address)
      if (known) return void known.add(netns)
      setNewest(owners, address, new Set([netns]), maxAddresses)
    },
    roleOf(ends) {
      if (listens(ends.netns, ends.localPort)) return role.server
      return peerListens(ends) ? role.client : role.unknown
    },
    isLocal: ({ netns, local, remote }) =>
      local === remote || isLoopback(remote) || owners.get(remote)?.has(netns) === true,
  }
}

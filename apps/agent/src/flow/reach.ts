// Which addresses are on this node: its own, and those that it reaches without another one, which are its pods'. Asked of
// the routes of the agent's network namespace, for a drop on the way tells of two addresses and no socket. An interface
// through which a gateway is reached leads to other nodes, so neighbours there are not ours.
import { netlinkDone, netlinkError, walkMessages } from '../netlink/message.ts'
import type { NetlinkMessage } from '../netlink/message.ts'
import { newRoute, readRoute, routeRequest, routesRequest } from '../netlink/route.ts'
import type { Route } from '../netlink/route.ts'

export interface Reach {
  /** `address` is its 16 bytes as latin1 text. */
  isHere(address: string, nowMs: number): boolean
  close(): void
}

export interface ReachDeps {
  readonly send: (message: Buffer) => void
  /** Bytes received; 0 where nothing waits. */
  readonly receive: (into: Buffer) => number
  readonly close: () => void
}

/** Pods come and go, and an address may change its node. */
const keepMs = 10_000
const maxAddresses = 4096
const bufferBytes = 256 << 10
/** More than any table of routes that fits the buffer so often. */
const maxReads = 1000

export function createReach({ send, receive, close }: ReachDeps): Reach {
  const known = new Map<string, boolean>()
  const buffer = Buffer.alloc(bufferBytes)
  let uplinks: ReadonlySet<number> = new Set()
  let knownSince = -Infinity
  let sequence = 0

  const ask = (message: Buffer): Route[] => {
    const routes: Route[] = []
    let isDone = false
    const take = (one: NetlinkMessage) => {
      if (one.type === netlinkDone || one.type === netlinkError) isDone = true
      const route = one.type === newRoute ? readRoute(buffer, one) : undefined
      if (route) routes.push(route)
    }
    send(message)
    for (let reads = 0; reads < maxReads && !isDone; reads++) {
      const length = receive(buffer)
      if (length === 0) break
      walkMessages(buffer, length, take)
    }
    return routes
  }
  const refresh = (nowMs: number) => {
    known.clear()
    knownSince = nowMs
    const led = ask(routesRequest(++sequence)).filter(({ hasGateway }) => hasGateway)
    uplinks = new Set(led.flatMap((route) => route.interface ?? []))
  }
  const find = (address: string): boolean => {
    const [route] = ask(routeRequest(Buffer.from(address, 'latin1'), ++sequence))
    if (!route) return false
    if (route.type === 'local') return true
    const isNeighbour = route.type === 'unicast' && !route.hasGateway && route.interface !== undefined
    return isNeighbour && !uplinks.has(route.interface)
  }

  return {
    close,
    isHere(address, nowMs) {
      if (nowMs - knownSince > keepMs || nowMs < knownSince || known.size >= maxAddresses) refresh(nowMs)
      const before = known.get(address)
      if (before !== undefined) return before
      const found = find(address)
      known.set(address, found)
      return found
    },
  }
}

// Routes as the kernel answers for one address, and those that lead through a gateway. Pure.
import { attribute, findAttribute, flag, request } from './message.ts'
import type { NetlinkMessage } from './message.ts'

const getRoute = 26
export const newRoute = 24
const headSize = 12
/** Offsets in the kernel's rtmsg. */
const head = { family: 0, destSize: 1, type: 7 } as const
const routeAttribute = { dest: 1, interface: 4, gateway: 5, multipath: 9, via: 18 } as const
const unicast = 1
const local = 2
const family = { v4: 2, v6: 10 } as const

export interface Route {
  readonly type: 'unicast' | 'local' | 'other'
  readonly interface: number | undefined
  readonly hasGateway: boolean
}

/** The last four bytes of a mapped address, or all sixteen. */
function ownBytes(address: Buffer): Buffer {
  const isMapped = address.readUInt16BE(10) === 0xffff && address.subarray(0, 10).every((byte) => byte === 0)
  return isMapped ? address.subarray(12) : address
}

/** Asks for the route to an address of 16 bytes. */
export function routeRequest(address: Buffer, sequence: number): Buffer {
  const bytes = ownBytes(address)
  const body = Buffer.alloc(headSize)
  body[head.family] = bytes.length === 4 ? family.v4 : family.v6
  body[head.destSize] = bytes.length * 8
  return request(getRoute, Buffer.concat([body, attribute(routeAttribute.dest, bytes)]), { flags: flag.ack, sequence })
}

/** Asks for all routes of both families. */
export const routesRequest = (sequence: number): Buffer =>
  request(getRoute, Buffer.alloc(headSize), { flags: flag.dump, sequence })

export function readRoute(bytes: Buffer, { from, to }: NetlinkMessage): Route | undefined {
  if (to - from < headSize) return undefined
  const type = bytes[from + head.type]
  const range = [from + headSize, to] as const
  const device = findAttribute(bytes, ...range, routeAttribute.interface)
  return {
    type: type === unicast ? 'unicast' : type === local ? 'local' : 'other',
    interface: device && bytes.readUInt32LE(device[0]),
    hasGateway: [routeAttribute.gateway, routeAttribute.via, routeAttribute.multipath].some(
      (one) => findAttribute(bytes, ...range, one) !== undefined,
    ),
  }
}

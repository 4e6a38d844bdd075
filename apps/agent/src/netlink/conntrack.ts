// What conntrack says of a connection: the tuple as it began and the tuple of its answers. Where the two do not mirror
// each other, an address was translated. Pure.
import { tuple } from '../kernel/layout.ts'
import { mirroredKey, tupleKey } from '../flow/tuple.ts'
import type { Translation } from '../flow/nat-table.ts'
import { findAttribute, netfilterHeadSize } from './message.ts'
import type { NetlinkMessage } from './message.ts'

/** Netfilter's netlink, subsystem conntrack. */
export const conntrackNew = 0x100
export const conntrackDump = 0x101
export const conntrackDelete = 0x102

const attribute = { original: 1, reply: 2 } as const
const inTuple = { ip: 1, proto: 2 } as const
const inIp = { v4Source: 1, v4Dest: 2, v6Source: 3, v6Dest: 4 } as const
const inProto = { number: 1, sourcePort: 2, destPort: 3 } as const

type Range = readonly [from: number, to: number]

function copyAddress(bytes: Buffer, ip: Range, v4: number, v6: number, into: Buffer, at: number): boolean {
  const four = findAttribute(bytes, ...ip, v4)
  const six = four ? undefined : findAttribute(bytes, ...ip, v6)
  if (four && four[1] - four[0] >= 4) {
    into.fill(0, at, at + 10)
    into.writeUInt16BE(0xffff, at + 10)
    bytes.copy(into, at + 12, four[0], four[0] + 4)
    return true
  }
  if (!six || six[1] - six[0] < 16) return false
  bytes.copy(into, at, six[0], six[0] + 16)
  return true
}

/** Writes a tuple in the layout of our records: source as local, destination as remote. False where it is incomplete. */
function copyTuple(bytes: Buffer, range: Range | undefined, into: Buffer): boolean {
  const ip = range && findAttribute(bytes, ...range, inTuple.ip)
  const proto = range && findAttribute(bytes, ...range, inTuple.proto)
  if (!ip || !proto) return false
  const number = findAttribute(bytes, ...proto, inProto.number)
  const sourcePort = findAttribute(bytes, ...proto, inProto.sourcePort)
  const destPort = findAttribute(bytes, ...proto, inProto.destPort)
  if (!number || !sourcePort || !destPort) return false
  into[tuple.proto] = bytes[number[0]]!
  into.writeUInt16LE(bytes.readUInt16BE(sourcePort[0]), tuple.localPort)
  into.writeUInt16LE(bytes.readUInt16BE(destPort[0]), tuple.remotePort)
  return (
    copyAddress(bytes, ip, inIp.v4Source, inIp.v6Source, into, tuple.local) &&
    copyAddress(bytes, ip, inIp.v4Dest, inIp.v6Dest, into, tuple.remote)
  )
}

const original = Buffer.alloc(tuple.family)
const reply = Buffer.alloc(tuple.family)

export interface Translated {
  /** The connection as its client's socket has it. */
  readonly key: string
  /** The connection as packets of it have it on their way. */
  readonly wire: string
  /** Where the destination was translated to; undefined where only the source was. */
  readonly to: Translation | undefined
}

/** What was translated of the connection of one message; undefined where nothing was. */
export function readTranslation(bytes: Buffer, message: NetlinkMessage): Translated | undefined {
  const from = message.from + netfilterHeadSize
  if (!copyTuple(bytes, findAttribute(bytes, from, message.to, attribute.original), original)) return undefined
  if (!copyTuple(bytes, findAttribute(bytes, from, message.to, attribute.reply), reply)) return undefined
  const key = tupleKey(original, 0)
  const wire = mirroredKey(reply, 0)
  if (key === wire) return undefined
  const port = reply.readUInt16LE(tuple.localPort)
  const sameAddress = original.compare(reply, tuple.local, tuple.remote, tuple.remote, tuple.localPort) === 0
  const isSame = sameAddress && port === original.readUInt16LE(tuple.remotePort)
  return {
    key,
    wire,
    to: isSame ? undefined : { address: Buffer.from(reply.subarray(tuple.local, tuple.remote)), port },
  }
}

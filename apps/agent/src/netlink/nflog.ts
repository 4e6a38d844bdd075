// Netfilter's log as netlink has it: asking for the packets of a group, and reading a packet's record. Pure.
import {
  attribute,
  findAttribute,
  flag,
  netfilterHead,
  netfilterHeadSize,
  readTextAttribute,
  readU32Attribute,
  request,
  u32,
} from './message.ts'
import type { NetlinkMessage } from './message.ts'

const subsystem = 4
export const nflogPacket = subsystem << 8
const config = (subsystem << 8) | 1

const configAttribute = { command: 1, mode: 2, bufferSize: 3, threshold: 5, flags: 6 } as const
const command = { bind: 1, unbind: 2 } as const
const packetAttribute = { payload: 9, prefix: 10, sequence: 12 } as const

const copyPacket = 2
/** Enough for an IPv6 head with some extensions and the ports. */
const copiedBytes = 128
/** Room for one record with the longest prefix: the kernel sets that much aside for each. */
const bufferSize = 512
/** Records are sent at once, so that one is there before the end of even the shortest connection. */
const threshold = 1
const numbered = 1

const u16 = (value: number) => Buffer.from([value >> 8, value & 255])

/** A step of the setting up of a group; the answer carries `sequence`. */
const step = (group: number, sequence: number, ...attributes: readonly Buffer[]) =>
  request(config, Buffer.concat([netfilterHead(0, group), ...attributes]), { flags: flag.ack, sequence })

/** Asks for a group. The answer's error is EPERM or EBUSY where somebody else has it. */
export const bindGroup = (group: number, sequence: number): Buffer =>
  step(group, sequence, attribute(configAttribute.command, Buffer.from([command.bind])))

export const unbindGroup = (group: number, sequence: number): Buffer =>
  step(group, sequence, attribute(configAttribute.command, Buffer.from([command.unbind])))

/** How records of a group shall come, once it is ours: requests, each made with its sequence. */
export function setUpGroup(group: number): readonly ((sequence: number) => Buffer)[] {
  const mode = Buffer.concat([u32(copiedBytes), Buffer.from([copyPacket, 0])])
  return [
    attribute(configAttribute.mode, mode),
    attribute(configAttribute.bufferSize, u32(bufferSize)),
    attribute(configAttribute.threshold, u32(threshold)),
    attribute(configAttribute.flags, u16(numbered)),
  ].map((setting) => (sequence) => step(group, sequence, setting))
}

/** One logged packet; offsets into the buffer. */
export interface LoggedPacket {
  readonly group: number
  readonly prefix: string
  /** Counts a group's records, so that a gap tells how many were lost. */
  readonly sequence: number | undefined
  readonly from: number
  readonly to: number
}

export function readLogged(bytes: Buffer, message: NetlinkMessage): LoggedPacket | undefined {
  const from = message.from + netfilterHeadSize
  const payload = findAttribute(bytes, from, message.to, packetAttribute.payload)
  if (!payload) return undefined
  return {
    group: bytes.readUInt16BE(message.from + 2),
    prefix: readTextAttribute(bytes, from, message.to, packetAttribute.prefix) ?? '',
    sequence: readU32Attribute(bytes, from, message.to, packetAttribute.sequence),
    from: payload[0],
    to: payload[1],
  }
}

/** Who has which group, from /proc/net/netfilter/nfnetlink_log: port ids, which mostly are process ids, by group. */
export function readHolders(text: string): ReadonlyMap<number, number> {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return new Map(rows.flatMap(([group, holder]): [number, number][] => (group && holder ? [[group, holder]] : [])))
}

// Sockets as inet_diag lists them, turned into the record that the eBPF side would have given, so that everything behind
// it is the same. What inet_diag does not know stays zero: process, start, outcome. Pure.
import { party, partySize, role, tcpRecord, tcpRecordSize, tuple } from '../kernel/layout.ts'
import { findAttribute } from './message.ts'
import type { NetlinkMessage } from './message.ts'

/** SOCK_DIAG_BY_FAMILY. */
export const diagByFamily = 20
export const family = { v4: 2, v6: 10 } as const
const protoTcp = 6

/** Offsets in the kernel's inet_diag_msg. */
const message = {
  family: 0,
  state: 1,
  sourcePort: 4,
  destPort: 6,
  source: 8,
  dest: 24,
  cookie: 44,
  uid: 64,
  inode: 68,
} as const
const messageSize = 72
const attribute = { info: 2, cgroup: 21 } as const
/** Offsets in the kernel's tcp_info, and where each ends up. Kernels append, so a short one lacks the last. */
const info = {
  mss: [16, tcpRecord.mss],
  lost: [32, tcpRecord.lost],
  rtt: [68, tcpRecord.srtt],
  cwnd: [80, tcpRecord.cwnd],
  retrans: [100, tcpRecord.retrans],
  segsOut: [136, tcpRecord.segsOut],
  segsIn: [140, tcpRecord.segsIn],
  rttMin: [148, tcpRecord.rttMin],
} as const
const bytesReceived = 128
const bytesSent = 200

/** States worth listing: all but closed ones, waiting ones, half-made ones. */
const wantedStates = (1 << 1) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 11)
const listen = 10
/** Without timestamps a header has 20 bytes, with them, as nearly always, 32. */
const usualHeader = 32
const closeWaitStates = new Set([8, 9, 11])

/** Body of the request for all TCP sockets of a family, with tcp_info. */
export function diagRequest(ofFamily: number): Buffer {
  const body = Buffer.alloc(56)
  body[0] = ofFamily
  body[1] = protoTcp
  body[2] = 1 << (attribute.info - 1)
  body.writeUInt32LE(wantedStates, 4)
  return body
}

function copyAddress(bytes: Buffer, from: number, isV4: boolean, into: Buffer, at: number): void {
  if (!isV4) return void bytes.copy(into, at, from, from + 16)
  into.fill(0, at, at + 10)
  into.writeUInt16BE(0xffff, at + 10)
  bytes.copy(into, at + 12, from, from + 4)
}

function copyInfo(bytes: Buffer, from: number, to: number, into: Buffer): void {
  for (const [source, target] of Object.values(info)) {
    if (from + source + 4 <= to) bytes.copy(into, target, from + source, from + source + 4)
  }
  if (from + bytesReceived + 8 <= to)
    bytes.copy(into, tcpRecord.bytesReceived, from + bytesReceived, from + bytesReceived + 8)
  if (from + bytesSent + 8 <= to) bytes.copy(into, tcpRecord.bytesSent, from + bytesSent, from + bytesSent + 8)
}

export interface DiagSocket {
  readonly isListening: boolean
  readonly inode: number
}

/** Writes the record of one listed socket; undefined where the message is too short. `netns` is the inode of its namespace. */
export function writeRecord(
  bytes: Buffer,
  { from, to }: NetlinkMessage,
  netns: number,
  into: Buffer,
): DiagSocket | undefined {
  if (to - from < messageSize) return undefined
  const isV4 = bytes[from + message.family] === family.v4
  const state = bytes[from + message.state]!
  into.fill(0, 0, tcpRecordSize)
  copyAddress(bytes, from + message.source, isV4, into, tcpRecord.tuple + tuple.local)
  copyAddress(bytes, from + message.dest, isV4, into, tcpRecord.tuple + tuple.remote)
  into.writeUInt16LE(bytes.readUInt16BE(from + message.sourcePort), tcpRecord.tuple + tuple.localPort)
  into.writeUInt16LE(bytes.readUInt16BE(from + message.destPort), tcpRecord.tuple + tuple.remotePort)
  into[tcpRecord.tuple + tuple.proto] = protoTcp
  into[tcpRecord.tuple + tuple.family] = isV4 ? family.v4 : family.v6
  bytes.copy(into, tcpRecord.party + party.cookie, from + message.cookie, from + message.cookie + 8)
  into.writeUInt32LE(netns, tcpRecord.party + party.netns)
  into.writeUInt32LE(bytes.readUInt32LE(from + message.uid), tcpRecord.party + party.uid)
  into[tcpRecord.party + party.role] = role.unknown
  into[tcpRecord.party + party.seeded] = 1
  into[tcpRecord.state] = state
  into[tcpRecord.fin] = closeWaitStates.has(state) ? 1 : 0
  into.writeUInt16LE(usualHeader, tcpRecord.headerLength)
  const cgroup = findAttribute(bytes, from + messageSize, to, attribute.cgroup)
  if (cgroup) bytes.copy(into, tcpRecord.party + party.cgroup, cgroup[0], cgroup[0] + 8)
  const tcpInfo = findAttribute(bytes, from + messageSize, to, attribute.info)
  if (tcpInfo) copyInfo(bytes, ...tcpInfo, into)
  return { isListening: state === listen, inode: bytes.readUInt32LE(from + message.inode) }
}

/** Writes who holds the socket, where that was found out otherwise. */
export function writeOwner(into: Buffer, pid: number, startedNs: number, comm: string): void {
  const at = tcpRecord.party
  into.writeUInt32LE(pid, at + party.pid)
  into.writeBigUInt64LE(BigInt(Math.round(startedNs)), at + party.started)
  into.write(comm, at + party.comm, partySize - party.comm - 1)
  into[at + party.sure] = 1
}

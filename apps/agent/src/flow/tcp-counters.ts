// From the kernel's TCP counters to IP-level bytes. The counters hold payload; headers are added by segments, so that a
// connection answered by bare acknowledgements alone has bytes_in > 0 only if something came back. Pure.
import { readU64, tcpRecord, tuple } from '../kernel/layout.ts'
import { role } from '../kernel/layout.ts'

const ipHeader = { v4: 20, v6: 40 } as const
const familyV6 = 10

/** Running totals of one socket since it was made. */
export interface TcpTotals {
  bytesIn: number
  bytesOut: number
  segsIn: number
  segsOut: number
  retrans: number
  lost: number
  timeouts: number
}

export const noTotals = (): TcpTotals => ({
  bytesIn: 0,
  bytesOut: 0,
  segsIn: 0,
  segsOut: 0,
  retrans: 0,
  lost: 0,
  timeouts: 0,
})

/**
 * Reads the totals of a record into `into`. The kernel counts a received FIN as one byte of payload; it does not count
 * the SYN and SYN-ACK at an accepted socket, which did not exist yet. Segments wrap at 2^32, which `growth` undoes.
 */
export function readTotals(bytes: Buffer, at: number, into: TcpTotals): TcpTotals {
  into.bytesIn = readU64(bytes, at + tcpRecord.bytesReceived) - bytes[at + tcpRecord.fin]!
  into.bytesOut = readU64(bytes, at + tcpRecord.bytesSent)
  into.segsIn = bytes.readUInt32LE(at + tcpRecord.segsIn)
  into.segsOut = bytes.readUInt32LE(at + tcpRecord.segsOut)
  into.retrans = bytes.readUInt32LE(at + tcpRecord.retrans)
  into.lost = bytes.readUInt32LE(at + tcpRecord.lost)
  into.timeouts = Math.max(
    0,
    bytes.readUInt16LE(at + tcpRecord.timeouts) - bytes.readUInt16LE(at + tcpRecord.timeoutRecoveries),
  )
  return into
}

/** Segments that the socket's own counters miss: an accepted socket is made after the handshake's first two. */
export const handshakeSegments = (ofRole: number) => (ofRole === role.server ? 1 : 0)

/** Bytes of headers in one segment of this socket. */
export function headerBytes(bytes: Buffer, at: number): number {
  const ip = bytes[at + tcpRecord.tuple + tuple.family] === familyV6 ? ipHeader.v6 : ipHeader.v4
  return ip + bytes.readUInt16LE(at + tcpRecord.headerLength)
}

/** How much a 32-bit counter grew, across its wrap. */
export const growth32 = (now: number, before: number) => (now - before) >>> 0

/** How much a counter that never falls grew; 0 where it seems to have fallen, never less. */
export const growth = (now: number, before: number) => Math.max(0, now - before)

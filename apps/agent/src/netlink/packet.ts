// The head of an IP packet, as netfilter hands it over, turned into the tuple of our records: source as local,
// destination as remote. Pure; anything that is too short or no IP is undefined.
import { tuple } from '../kernel/layout.ts'

const v4Head = 20
const v6Head = 40
/** Headers of IPv6 that may stand before the transport's, each with its length in units of eight bytes. */
const extensions = new Set([0, 43, 60, 135, 139, 140])
const fragment = 44
/** Only the first fragment has ports. */
const offsetBits = 0x1fff
const withPorts = new Set([6, 17, 132, 136])

interface Transport {
  readonly proto: number
  /** Where it begins; undefined in all but the first fragment. */
  readonly at: number | undefined
}

function copyV4(bytes: Buffer, from: number, into: Buffer, at: number): void {
  into.fill(0, at, at + 10)
  into.writeUInt16BE(0xffff, at + 10)
  bytes.copy(into, at + 12, from, from + 4)
}

function readV4(bytes: Buffer, from: number, to: number, into: Buffer): Transport | undefined {
  const size = (bytes[from]! & 15) * 4
  if (to - from < v4Head || size < v4Head) return undefined
  copyV4(bytes, from + 12, into, tuple.local)
  copyV4(bytes, from + 16, into, tuple.remote)
  const isFirst = (bytes.readUInt16BE(from + 6) & offsetBits) === 0
  return { proto: bytes[from + 9]!, at: isFirst ? from + size : undefined }
}

function readV6(bytes: Buffer, from: number, to: number, into: Buffer): Transport | undefined {
  if (to - from < v6Head) return undefined
  bytes.copy(into, tuple.local, from + 8, from + 24)
  bytes.copy(into, tuple.remote, from + 24, from + 40)
  let next = bytes[from + 6]!
  let at = from + v6Head
  while (at + 8 <= to && (extensions.has(next) || next === fragment)) {
    const isLaterFragment = next === fragment && bytes.readUInt16BE(at + 2) >> 3 !== 0
    const size = next === fragment ? 8 : (bytes[at + 1]! + 1) * 8
    next = bytes[at]!
    if (isLaterFragment) return { proto: next, at: undefined }
    at += size
  }
  return { proto: next, at }
}

/** Writes the packet's tuple into `into`, which has room for one. False where the bytes are no IP packet. */
export function readPacket(bytes: Buffer, from: number, to: number, into: Buffer): boolean {
  if (from >= to) return false
  const version = bytes[from]! >> 4
  const found =
    version === 4 ? readV4(bytes, from, to, into) : version === 6 ? readV6(bytes, from, to, into) : undefined
  if (!found) return false
  const ports = found.at !== undefined && found.at + 4 <= to && withPorts.has(found.proto) ? found.at : undefined
  into.writeUInt16LE(ports === undefined ? 0 : bytes.readUInt16BE(ports), tuple.localPort)
  into.writeUInt16LE(ports === undefined ? 0 : bytes.readUInt16BE(ports + 2), tuple.remotePort)
  into[tuple.proto] = found.proto
  into[tuple.family] = version === 4 ? 2 : 10
  return true
}

/** Bytes of the whole packet by its own head, which may be more than was handed over. */
export function packetLength(bytes: Buffer, from: number, to: number): number {
  if (to - from < 6) return 0
  return bytes[from]! >> 4 === 4 ? bytes.readUInt16BE(from + 2) : bytes.readUInt16BE(from + 4) + v6Head
}

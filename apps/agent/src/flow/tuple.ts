// Reading tuples out of records: as text that hashes fast, and printed for rows.
import { printIp } from '@margay/model'
import { tuple } from '../kernel/layout.ts'

/** Bytes of a tuple that identify a conversation: addresses, ports, protocol. */
const identifying = tuple.family

/** The conversation as a key: 37 bytes as latin1 text. */
export const tupleKey = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + identifying)

const mirrored = Buffer.alloc(identifying)

/** The same conversation as the other end has it: source and destination change places. */
export function mirroredKey(bytes: Buffer, at: number): string {
  bytes.copy(mirrored, tuple.local, at + tuple.remote, at + tuple.localPort)
  bytes.copy(mirrored, tuple.remote, at + tuple.local, at + tuple.remote)
  bytes.copy(mirrored, tuple.localPort, at + tuple.remotePort, at + tuple.remotePort + 2)
  bytes.copy(mirrored, tuple.remotePort, at + tuple.localPort, at + tuple.localPort + 2)
  mirrored[tuple.proto] = bytes[at + tuple.proto]!
  return mirrored.toString('latin1')
}

/** The conversation with another destination: where a translation led it. */
export function redirectedKey(bytes: Buffer, at: number, address: Buffer, port: number): string {
  bytes.copy(mirrored, 0, at, at + identifying)
  address.copy(mirrored, tuple.remote)
  mirrored.writeUInt16LE(port, tuple.remotePort)
  return mirrored.toString('latin1')
}

export const localKey = (bytes: Buffer, at: number): string =>
  bytes.toString('latin1', at + tuple.local, at + tuple.remote)
export const remoteKey = (bytes: Buffer, at: number): string =>
  bytes.toString('latin1', at + tuple.remote, at + tuple.localPort)

export const localIp = (bytes: Buffer, at: number): string => printIp(bytes, at + tuple.local)
export const remoteIp = (bytes: Buffer, at: number): string => printIp(bytes, at + tuple.remote)

const protocols: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6', 132: 'sctp' }

export const protocolName = (number: number): string => protocols[number] ?? String(number)

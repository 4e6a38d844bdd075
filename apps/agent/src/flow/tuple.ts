// Reading tuples out of records: as text that hashes fast, and printed for rows.
import { printIp } from '@margay/model'
import { tuple } from '../kernel/layout.ts'

/** Bytes of a tuple that identify a conversation: addresses, ports, protocol. */
const identifying = tuple.family

/** The conversation as a key: 37 bytes as latin1 text. */
export const tupleKey = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + identifying)

export const localKey = (bytes: Buffer, at: number): string =>
  bytes.toString('latin1', at + tuple.local, at + tuple.remote)
export const remoteKey = (bytes: Buffer, at: number): string =>
  bytes.toString('latin1', at + tuple.remote, at + tuple.localPort)

export const localIp = (bytes: Buffer, at: number): string => printIp(bytes, at + tuple.local)
export const remoteIp = (bytes: Buffer, at: number): string => printIp(bytes, at + tuple.remote)

const protocols: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6', 132: 'sctp' }

export const protocolName = (number: number): string => protocols[number] ?? String(number)

// A packet that was thrown away, read from its record: which connection it belonged to, in which direction it went, and
// where it was lost. Pure. Records give the packet's source as `local`, whoever dropped it.
import { printIp } from '@margay/model'
import type { Exemplar, SocketAddress } from '@margay/model'
import type { FlowIdentity } from '../../flow/flow.ts'
import type { Ends } from '../../flow/hosts.ts'
import type { Drops } from '../../flow/drop-evidence.ts'
import { localKey, mirroredKey, protocolName, remoteKey, tupleKey } from '../../flow/tuple.ts'
import { dropRecord, tuple } from '../../kernel/layout.ts'

const protoTcp = 6
const tcpFlag = { syn: 2, ack: 16 } as const
const withoutPorts = new Set([1, 58])

export const isTcp = (bytes: Buffer, at: number): boolean => bytes[at + dropRecord.tuple + tuple.proto] === protoTcp

const handshakeFlags = (bytes: Buffer, at: number): number =>
  bytes[at + dropRecord.tcpFlags]! & (tcpFlag.syn | tcpFlag.ack)

/** Whether it asks for a connection. */
export const isQuestion = (bytes: Buffer, at: number): boolean =>
  isTcp(bytes, at) && handshakeFlags(bytes, at) === tcpFlag.syn

/** Whether it is a listener's answer to that. */
export const isHandshakeAnswer = (bytes: Buffer, at: number): boolean =>
  isTcp(bytes, at) && handshakeFlags(bytes, at) === (tcpFlag.syn | tcpFlag.ack)

/** The packet's ends as a socket at its destination would have them. */
export function endsAtReceiver(bytes: Buffer, at: number): Ends {
  const tupleAt = at + dropRecord.tuple
  return {
    netns: bytes.readUInt32LE(at + dropRecord.netns),
    local: remoteKey(bytes, tupleAt),
    localPort: bytes.readUInt16LE(tupleAt + tuple.remotePort),
    remote: localKey(bytes, tupleAt),
    remotePort: bytes.readUInt16LE(tupleAt + tuple.localPort),
  }
}

/** The tuple of the packet's connection as its source's socket has it. */
export function connectionKey(bytes: Buffer, at: number, isAnswer: boolean): string {
  const tupleAt = at + dropRecord.tuple
  return isAnswer ? mirroredKey(bytes, tupleAt) : tupleKey(bytes, tupleAt)
}

/** Where it was refused. A packet that never reached the receiver says nothing of the receiver's namespace. */
export type Place = 'sender' | 'receiver' | 'for receiver' | 'on the way'

/** Which end of its connection that is: who answers drops its own answers, and the questions that come. */
function reporterOf(place: Place, isAnswer: boolean): FlowIdentity['reporter'] {
  if (place === 'on the way') return 'fwd'
  return (place === 'sender') === isAnswer ? 'dst' : 'src'
}

const addressAt = (bytes: Buffer, ipAt: number, portAt: number, hasPorts: boolean): SocketAddress => ({
  ip: printIp(bytes, ipAt),
  ...(hasPorts && { port: bytes.readUInt16LE(portAt) }),
})

/** Source and destination of the packet's connection. */
export function endsOf(bytes: Buffer, at: number, isAnswer: boolean): Pick<Exemplar, 'source' | 'dest'> {
  const tupleAt = at + dropRecord.tuple
  const hasPorts = !withoutPorts.has(bytes[tupleAt + tuple.proto]!)
  const from = addressAt(bytes, tupleAt + tuple.local, tupleAt + tuple.localPort, hasPorts)
  const to = addressAt(bytes, tupleAt + tuple.remote, tupleAt + tuple.remotePort, hasPorts)
  return isAnswer ? { source: to, dest: from } : { source: from, dest: to }
}

const directions = { src: 'egress', dst: 'ingress', fwd: 'unknown' } as const

export function identityOf(bytes: Buffer, at: number, place: Place, isAnswer: boolean): FlowIdentity {
  const { source, dest } = endsOf(bytes, at, isAnswer)
  const reporter = reporterOf(place, isAnswer)
  return {
    reporter,
    direction: directions[reporter],
    local: source.ip === dest.ip,
    proto: protocolName(bytes[at + dropRecord.tuple + tuple.proto]!),
    sourceIp: source.ip,
    destIp: dest.ip,
    ...(dest.port !== undefined && { destPort: dest.port }),
    ...(place === 'for receiver' ? {} : { netns: bytes.readUInt32LE(at + dropRecord.netns) }),
    processName: '-',
  }
}

/** The flow of its connection at this place. */
export function flowKey(bytes: Buffer, at: number, place: Place, isAnswer: boolean): string {
  const connection = connectionKey(bytes, at, isAnswer)
  const ofDest = connection.slice(tuple.remotePort)
  return `drop ${connection.slice(0, tuple.localPort)}${ofDest} ${bytes.readUInt32LE(at + dropRecord.netns)} ${place} ${isAnswer}`
}

/** The connection kept whole, from what was lost of it so far. */
export function droppedExemplar(bytes: Buffer, at: number, isAnswer: boolean, drops: Drops): Exemplar {
  return {
    startMs: drops.first,
    went: drops.reason === 'NO_SOCKET' ? 'refused' : 'dropped',
    proto: protocolName(bytes[at + dropRecord.tuple + tuple.proto]!),
    ...endsOf(bytes, at, isAnswer),
    dropReason: drops.reason,
    ...(isQuestion(bytes, at) && { syns: drops.times }),
    ...(isHandshakeAnswer(bytes, at) && { answers: drops.times }),
  }
}

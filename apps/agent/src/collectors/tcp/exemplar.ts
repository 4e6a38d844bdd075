// A TCP connection kept whole, from the record of its socket: what it asked for, how long that took, who ended it.
import type { Exemplar, ExemplarWord } from '@margay/model'
import type { FlowIdentity } from '../../flow/flow.ts'
import { localIp, remoteIp } from '../../flow/tuple.ts'
import { endedBy, tcpState } from '../../flow/verdict.ts'
import { readU64, tcpRecord, tuple } from '../../kernel/layout.ts'

/** From the question to the answer, microseconds; undefined at an accepted socket, which is made after it. */
export function handshakeUs(bytes: Buffer, at: number): number | undefined {
  const born = readU64(bytes, at + tcpRecord.born)
  const established = readU64(bytes, at + tcpRecord.established)
  return born > 0 && established > born ? Math.round((established - born) / 1000) : undefined
}

export const roundTripUs = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at + tcpRecord.srtt)

/** Both ends as this end saw them; behind a service address the destination is who answers there. */
function endsOf(identity: FlowIdentity, bytes: Buffer, at: number): Pick<Exemplar, 'source' | 'dest' | 'dialled'> {
  const tupleAt = at + tcpRecord.tuple
  const localPort = bytes.readUInt16LE(tupleAt + tuple.localPort)
  const remotePort = bytes.readUInt16LE(tupleAt + tuple.remotePort)
  const local = { ip: localIp(bytes, tupleAt), port: localPort }
  const remote = { ip: remoteIp(bytes, tupleAt), port: remotePort }
  if (identity.reporter === 'dst') return { source: remote, dest: local }
  if (identity.dialledIp === undefined) return { source: local, dest: remote }
  return { source: local, dest: { ip: identity.destIp, port: identity.destPort ?? remotePort }, dialled: remote }
}

/** How often the source asked; a socket that still asks has repeated nothing else. */
function questions(identity: FlowIdentity, bytes: Buffer, at: number): number | undefined {
  if (identity.direction !== 'egress') return undefined
  const isAsking = bytes[at + tcpRecord.state] === tcpState.synSent
  return 1 + (isAsking ? bytes.readUInt32LE(at + tcpRecord.retrans) : bytes[at + tcpRecord.synRetrans]!)
}

function exchanged(bytes: Buffer, at: number): Partial<Exemplar> {
  const resent = bytes.readUInt32LE(at + tcpRecord.retrans) - bytes[at + tcpRecord.synRetrans]!
  const rttUs = roundTripUs(bytes, at)
  return {
    bytesOut: readU64(bytes, at + tcpRecord.bytesSent) - readU64(bytes, at + tcpRecord.bytesRetrans),
    bytesIn: readU64(bytes, at + tcpRecord.bytesReceived) - bytes[at + tcpRecord.fin]!,
    ...(rttUs > 0 && { rttUs }),
    ...(resent > 0 && { resent }),
  }
}

/** What is known of the connection beyond its ends: when and how it went. */
export interface Went {
  readonly startMs: number
  readonly word: ExemplarWord
  readonly dropReason?: string | undefined
  /** Answers that were dropped before the source had them. */
  readonly answers?: number | undefined
}

export function tcpExemplar(went: Went, identity: FlowIdentity, bytes: Buffer, at: number): Exemplar {
  const { startMs, word, dropReason, answers } = went
  const isAsking = bytes[at + tcpRecord.state] === tcpState.synSent
  const syns = questions(identity, bytes, at)
  const took = identity.direction === 'egress' ? handshakeUs(bytes, at) : undefined
  return {
    startMs,
    went: word,
    proto: identity.proto,
    ...endsOf(identity, bytes, at),
    ...(dropReason !== undefined && { dropReason }),
    ...(syns !== undefined && { syns }),
    ...(answers !== undefined && { answers }),
    ...(took !== undefined && { handshakeUs: took }),
    ...(isAsking ? {} : exchanged(bytes, at)),
    ...(word === 'reset' && { endedBy: endedBy(bytes.readUInt16LE(at + tcpRecord.error)) }),
  }
}

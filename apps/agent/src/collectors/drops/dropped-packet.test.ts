import { parseIp } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { dropRecord, dropRecordSize, tuple } from '../../kernel/layout.ts'
import type { Place } from './dropped-packet.ts'
import { connectionKey, droppedExemplar, flowKey, identityOf, isHandshakeAnswer, isQuestion } from './dropped-packet.ts'

const syn = 2
const synAck = 18
const ack = 16

/** A TCP packet from one end to the other as the kernel side reports its drop. */
function packet(
  from: readonly [ip: string, port: number],
  to: readonly [ip: string, port: number],
  flags: number,
): Buffer {
  const bytes = Buffer.alloc(dropRecordSize)
  const at = dropRecord.tuple
  bytes.set(parseIp(from[0])!, at + tuple.local)
  bytes.set(parseIp(to[0])!, at + tuple.remote)
  bytes.writeUInt16LE(from[1], at + tuple.localPort)
  bytes.writeUInt16LE(to[1], at + tuple.remotePort)
  bytes[at + tuple.proto] = 6
  bytes[dropRecord.tcpFlags] = flags
  bytes.writeUInt32LE(77, dropRecord.netns)
  return bytes
}

const client = ['10.0.0.1', 40_000] as const
const server = ['10.0.0.2', 80] as const
const question = packet(client, server, syn)
const answer = packet(server, client, synAck)

const drops = { reason: 'NETFILTER_DROP', isAnswer: false, first: 5_000, last: 9_000, times: 3, keptIn: undefined }

describe('a dropped packet', () => {
  it('is a question, an answer, or neither, by its flags', () => {
    expect([question, answer, packet(client, server, ack)].map((bytes) => isQuestion(bytes, 0))).toEqual([
      true,
      false,
      false,
    ])
    expect([question, answer, packet(client, server, ack)].map((bytes) => isHandshakeAnswer(bytes, 0))).toEqual([
      false,
      true,
      false,
    ])
  })

  it('belongs to the connection that was asked for, whichever way it went', () => {
    expect(connectionKey(answer, 0, true)).toBe(connectionKey(question, 0, false))
    expect(flowKey(answer, 0, 'on the way', true)).not.toBe(flowKey(question, 0, 'on the way', false))
  })

  it.each<readonly [Place, boolean, string]>([
    ['on the way', false, 'fwd'],
    ['on the way', true, 'fwd'],
    ['receiver', false, 'dst'],
    ['for receiver', false, 'dst'],
    ['receiver', true, 'src'],
    ['sender', true, 'dst'],
  ])('at the place "%s", an answer: %s, is the row of %s', (place, isAnswer, reporter) =>
    expect(identityOf(isAnswer ? answer : question, 0, place, isAnswer)).toMatchObject({
      reporter,
      sourceIp: '10.0.0.1',
      destIp: '10.0.0.2',
      destPort: 80,
    }),
  )

  it('says nothing of the receiver’s namespace where it never got there', () =>
    expect(identityOf(question, 0, 'for receiver', false).netns).toBeUndefined())

  it('is kept whole with how often it came, as a question or as an answer', () => {
    const ends = { source: { ip: '10.0.0.1', port: 40_000 }, dest: { ip: '10.0.0.2', port: 80 } }
    const kept = { startMs: 5_000, went: 'dropped', proto: 'tcp', dropReason: 'NETFILTER_DROP', ...ends }
    expect(droppedExemplar(question, 0, false, drops)).toEqual({ ...kept, syns: 3 })
    expect(droppedExemplar(answer, 0, true, drops)).toEqual({ ...kept, answers: 3 })
    expect(droppedExemplar(question, 0, false, { ...drops, reason: 'NO_SOCKET' }).went).toBe('refused')
  })
})

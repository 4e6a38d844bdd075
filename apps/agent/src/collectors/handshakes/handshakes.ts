// Handshakes that came to nothing at a listener. No socket is made for a connection before its handshake is over, so these
// are known from the listener alone: its queue was full and the question was forgotten, or its answer was not answered.
import type { Exemplar } from '@margay/model'
import { noNames } from '../../dns/client-domains.ts'
import { createDropEvidence } from '../../flow/drop-evidence.ts'
import type { Drops } from '../../flow/drop-evidence.ts'
import { flowOf, readSocket } from '../../flow/endpoints.ts'
import { gather } from '../../flow/flow.ts'
import type { Verdict } from '../../flow/flow.ts'
import { clearMeasures, createMeasures, slot } from '../../flow/measures.ts'
import { localIp, remoteIp, tupleKey } from '../../flow/tuple.ts'
import { handshakeRecord, readU64, recordType, role, trouble, tuple } from '../../kernel/layout.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector, Shared } from '../collector.ts'

/** The name under which later kernels count the same thing as a drop. */
const queueFull: Verdict = { outcome: 'dropped', action: 'allow', dropReason: 'TCP_LISTEN_OVERFLOW' }
const unanswered: Verdict = { outcome: 'unanswered', action: 'allow' }

function exemplarOf(bytes: Buffer, at: number, { outcome, dropReason }: Verdict, { first, times }: Drops): Exemplar {
  const tupleAt = at + handshakeRecord.tuple
  return {
    startMs: first,
    went: outcome === 'dropped' ? 'dropped' : 'unanswered',
    proto: 'tcp',
    source: { ip: remoteIp(bytes, tupleAt), port: bytes.readUInt16LE(tupleAt + tuple.remotePort) },
    dest: { ip: localIp(bytes, tupleAt), port: bytes.readUInt16LE(tupleAt + tuple.localPort) },
    ...(dropReason !== undefined && { dropReason }),
    // The first answer was sent without a word to us; only those after it are told.
    ...(outcome === 'dropped' ? { syns: times } : { answers: times + 1 }),
  }
}

const programs = ['see_ingress', 'see_answer_again']

export const handshakes: Collector = {
  name: 'handshakes',
  title: 'Unfinished handshakes',
  doc: 'Connections that reached a listener and did not become one: its queue was full, or its answer was not answered.',
  programs,
  usable: ({ kernel }) =>
    kernel?.has('see_ingress') === true ||
    kernel?.has('see_answer_again') === true ||
    'the kernel programs see_ingress and see_answer_again are not loaded',
  open(shared: Shared) {
    const { clock, config, flows } = shared
    const measures = createMeasures()
    const seen = createDropEvidence()

    const take = (bytes: Buffer, at: number) => {
      const tupleAt = at + handshakeRecord.tuple
      const isFull = bytes[at + handshakeRecord.trouble] === trouble.queueFull
      const verdict = isFull ? queueFull : unanswered
      const key = tupleKey(bytes, tupleAt)
      const time = Math.round(clock.wall(readU64(bytes, at + handshakeRecord.time)))
      const noted = seen.note(`${verdict.outcome}${key}`, verdict.outcome, time)
      const socket = readSocket(shared, bytes, tupleAt, at + handshakeRecord.party)
      const flow = flowOf(shared, socket, role.server, bytes, tupleAt)
      if (!flow) return
      const isNew = noted.times === 1
      clearMeasures(measures)
      measures[slot.packetsIn] = isFull ? 1 : 0
      measures[slot.bytesIn] = bytes.readUInt32LE(at + handshakeRecord.length)
      measures[slot.started] = isNew ? 1 : 0
      const variant = flows.variant(flow, verdict)
      gather(variant.gathered, { pid: socket.pid, args: socket.process.args, names: noNames }, config)
      flows.keep(variant, key, exemplarOf(bytes, at, verdict, noted), noted.keptIn !== flows.interval)
      noted.keptIn = flows.interval
      flows.add(variant, measures, isNew, isNew)
    }
    return {
      records: new Map([[recordType.handshake, take]]),
      state: () => stateByPrograms(shared.kernel, programs),
    }
  },
}

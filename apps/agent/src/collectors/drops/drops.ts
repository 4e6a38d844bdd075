// Packets that the kernel threw away. A drop in the sender's own stack is told by the sender's row; one at the receiver or
// on the way makes a row of its own, for there may be no socket at all. A rule on the way that refused for the destination
// makes it the destination's row: that is where the connection was denied. A listener's answer has no socket of its own yet,
// so its drop is a row too; it is of the connection that was asked for, not of one in the answer's direction.
import { clearMeasures, createMeasures, slot } from '../../flow/measures.ts'
import { tupleKey } from '../../flow/tuple.ts'
import { verdictOfDrop } from '../../flow/verdict.ts'
import { denyingReasons } from '../../kernel/drop-reasons.ts'
import { dropRecord, readU64, recordType, role, side } from '../../kernel/layout.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector, Shared } from '../collector.ts'
import {
  connectionKey,
  droppedExemplar,
  endsAtReceiver,
  flowKey,
  identityOf,
  isHandshakeAnswer,
  isQuestion,
  isTcp,
} from './dropped-packet.ts'
import { createPlaces } from './place.ts'

/** A late segment of a closed connection finds no socket either; only a new connection's is worth a row. */
const isNoise = (reason: string, bytes: Buffer, at: number): boolean =>
  reason === 'NO_SOCKET' && isTcp(bytes, at) && !isQuestion(bytes, at)

/** Whether a socket tells of it: the sender's own, or that of the source which waits for the answer. */
function isToldBySocket(bytes: Buffer, at: number): boolean {
  const ofSide = bytes[at + dropRecord.side]
  if (ofSide === side.sender) return !isHandshakeAnswer(bytes, at)
  return ofSide === side.receiver && isHandshakeAnswer(bytes, at)
}

const programs = ['see_drop']

export const drops: Collector = {
  name: 'drops',
  title: 'Dropped packets',
  doc: "Packets that a rule or the kernel itself threw away, with the kernel's reason.",
  programs,
  usable: ({ kernel, dropReasons }) => {
    if (kernel?.has('see_drop') !== true) return 'the kernel program see_drop is not loaded'
    return dropReasons.size > 0 || 'the numbers of drop reasons are not known on this kernel'
  },
  open(shared: Shared) {
    const { clock, dropReasons, evidence, flows, hosts, marks } = shared
    const measures = createMeasures()
    const places = createPlaces(shared)

    /** Whether the packet went from the destination of its connection to the source. */
    const isAnswer = (bytes: Buffer, at: number): boolean => {
      if (isQuestion(bytes, at)) return false
      return isHandshakeAnswer(bytes, at) || hosts.roleOf(endsAtReceiver(bytes, at)) === role.client
    }
    const note = (bytes: Buffer, at: number, reason: string, answer: boolean) => {
      // What the destination threw away is its row; the source only has no answer.
      const isDestinations = bytes[at + dropRecord.side] === side.receiver && !answer
      const key = `${isDestinations ? 'r' : ''}${connectionKey(bytes, at, answer)}`
      return evidence.note(key, reason, Math.round(clock.wall(readU64(bytes, at + dropRecord.time))), answer)
    }

    const take = (bytes: Buffer, at: number) => {
      const reason = dropReasons.get(bytes.readUInt32LE(at + dropRecord.reason))
      if (reason === undefined || isNoise(reason, bytes, at) || !places.isOurs(bytes, at)) return
      const answer = isAnswer(bytes, at)
      const noted = note(bytes, at, reason, answer)
      if (isToldBySocket(bytes, at)) return
      const said = marks.find(tupleKey(bytes, at + dropRecord.tuple), clock.now(), denyingReasons.has(reason))
      const place = places.placeOf(bytes, at, reason, answer, said)
      const flow = flows.find(flowKey(bytes, at, place, answer), () => identityOf(bytes, at, place, answer))
      if (!flow) return
      const verdict = verdictOfDrop(reason)
      const ofPlace = place === 'on the way' ? (said?.egress ?? said?.ingress) : said?.ingress
      const variant = flows.variant(flow, ofPlace ? { ...verdict, marks: ofPlace } : verdict)
      const isNew = noted.times === 1
      clearMeasures(measures)
      measures[answer ? slot.packetsOut : slot.packetsIn] = 1
      measures[answer ? slot.bytesOut : slot.bytesIn] = bytes.readUInt32LE(at + dropRecord.length)
      measures[slot.started] = isNew ? 1 : 0
      const exemplar = droppedExemplar(bytes, at, answer, noted)
      flows.keep(variant, connectionKey(bytes, at, answer), exemplar, noted.keptIn !== flows.interval)
      noted.keptIn = flows.interval
      flows.add(variant, measures, isNew, isNew)
    }
    return {
      records: new Map([[recordType.drop, take]]),
      state: () => stateByPrograms(shared.kernel, programs),
    }
  },
}

// Packets that the kernel threw away. A drop in the sender's own stack is told by the sender's row; one at the receiver or
// on the way makes a row of its own, for there may be no socket at all. A rule on the way that refused for the destination
// makes it the destination's row: that is where the connection was denied.
import { printIp } from '@margay/model'
import { clearMeasures, createMeasures, slot } from '../../flow/measures.ts'
import type { FlowIdentity } from '../../flow/flow.ts'
import type { TupleMarks } from '../../flow/mark-table.ts'
import { localIp, protocolName, remoteIp, tupleKey } from '../../flow/tuple.ts'
import { verdictOfDrop } from '../../flow/verdict.ts'
import { denyingReasons } from '../../kernel/drop-reasons.ts'
import { dropRecord, recordType, side, tuple } from '../../kernel/layout.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector, Shared } from '../collector.ts'

const protoTcp = 6
const tcpFlag = { syn: 2, ack: 16 } as const
const withoutPorts = new Set([1, 58])

/** A late segment of a closed connection finds no socket either; only a new connection's is worth a row. */
function isNoise(reason: string, bytes: Buffer, at: number): boolean {
  if (reason !== 'NO_SOCKET' || bytes[at + dropRecord.tuple + tuple.proto] !== protoTcp) return false
  return (bytes[at + dropRecord.tcpFlags]! & (tcpFlag.syn | tcpFlag.ack)) !== tcpFlag.syn
}

/** Where a packet was refused. A packet that never reached the receiver says nothing of its namespace. */
type Place = 'receiver' | 'for receiver' | 'on the way'

function placeOf(bytes: Buffer, at: number, marks: TupleMarks | undefined): Place {
  if (bytes[at + dropRecord.side] === side.receiver) return 'receiver'
  return marks?.ingress?.denies && !marks.egress?.denies ? 'for receiver' : 'on the way'
}

function identityOf(bytes: Buffer, at: number, place: Place): FlowIdentity {
  const tupleAt = at + dropRecord.tuple
  const isReceiver = place !== 'on the way'
  const proto = bytes[tupleAt + tuple.proto]!
  const destPort = bytes.readUInt16LE(tupleAt + tuple.remotePort)
  return {
    reporter: isReceiver ? 'dst' : 'fwd',
    direction: isReceiver ? 'ingress' : 'unknown',
    local: printIp(bytes, tupleAt + tuple.local) === printIp(bytes, tupleAt + tuple.remote),
    proto: protocolName(proto),
    sourceIp: localIp(bytes, tupleAt),
    destIp: remoteIp(bytes, tupleAt),
    ...(withoutPorts.has(proto) ? {} : { destPort }),
    ...(place === 'for receiver' ? {} : { netns: bytes.readUInt32LE(at + dropRecord.netns) }),
    processName: '-',
  }
}

function flowKey(bytes: Buffer, at: number, place: Place): string {
  const tupleAt = at + dropRecord.tuple
  const addresses = bytes.toString('latin1', tupleAt, tupleAt + tuple.localPort)
  return `drop ${addresses}${bytes.readUInt16LE(tupleAt + tuple.remotePort)} ${bytes[tupleAt + tuple.proto]} ${bytes.readUInt32LE(at + dropRecord.netns)} ${place}`
}

export const drops: Collector = {
  name: 'drops',
  title: 'Dropped packets',
  doc: "Packets that a rule or the kernel itself threw away, with the kernel's reason.",
  usable: ({ kernel, dropReasons }) => {
    if (kernel?.has('see_drop') !== true) return 'the kernel program see_drop is not loaded'
    return dropReasons.size > 0 || 'the numbers of drop reasons are not known on this kernel'
  },
  open(shared: Shared) {
    const { dropReasons, evidence, flows, marks } = shared
    const measures = createMeasures()
    const take = (bytes: Buffer, at: number) => {
      const reason = dropReasons.get(bytes.readUInt32LE(at + dropRecord.reason))
      if (reason === undefined || isNoise(reason, bytes, at)) return
      const ofSide = bytes[at + dropRecord.side]
      // What the receiver threw away is the receiver's row; the sender only has no answer.
      const isNew = evidence.note(
        `${ofSide === side.receiver ? 'r' : ''}${tupleKey(bytes, at + dropRecord.tuple)}`,
        reason,
        shared.clock.now(),
      )
      if (ofSide === side.sender) return
      const said = marks.find(tupleKey(bytes, at + dropRecord.tuple), shared.clock.now(), denyingReasons.has(reason))
      const place = placeOf(bytes, at, said)
      const flow = flows.find(flowKey(bytes, at, place), () => identityOf(bytes, at, place))
      if (!flow) return
      const verdict = verdictOfDrop(reason)
      const ofPlace = place === 'on the way' ? (said?.egress ?? said?.ingress) : said?.ingress
      clearMeasures(measures)
      measures[slot.packetsIn] = 1
      measures[slot.bytesIn] = bytes.readUInt32LE(at + dropRecord.length)
      measures[slot.started] = isNew ? 1 : 0
      flows.add(flows.variant(flow, ofPlace ? { ...verdict, marks: ofPlace } : verdict), measures, isNew, isNew)
    }
    return {
      records: new Map([[recordType.drop, take]]),
      state: () => stateByPrograms(shared.kernel, ['see_drop']),
    }
  },
}

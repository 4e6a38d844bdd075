// Packets that the kernel threw away. A drop in the sender's own stack is told by the sender's row; one at the receiver or
// on the way makes a row of its own, for there may be no socket at all. A rule on the way that refused for the destination
// makes it the destination's row: that is where the connection was denied.
import { statSync } from 'node:fs'
import { printIp } from '@margay/model'
import { clearMeasures, createMeasures, slot } from '../../flow/measures.ts'
import type { FlowIdentity } from '../../flow/flow.ts'
import type { TupleMarks } from '../../flow/mark-table.ts'
import { localIp, localKey, protocolName, remoteIp, remoteKey, tupleKey } from '../../flow/tuple.ts'
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

interface Where {
  readonly shared: Shared
  /** The agent's own network namespace: the node's. */
  readonly node: number
}

/** Whether an end of the packet is on this node. */
const isHere = ({ shared }: Where, bytes: Buffer, at: number, end: 'local' | 'remote') => {
  const tupleAt = at + dropRecord.tuple
  const address = end === 'local' ? localKey(bytes, tupleAt) : remoteKey(bytes, tupleAt)
  return shared.reach.isHere(address, shared.clock.now())
}

/** What the node's rules refuse of packets that come from elsewhere to one of its pods, they refuse for the pod. */
function isForReceiver(where: Where, bytes: Buffer, at: number): boolean {
  const isOnNode = bytes.readUInt32LE(at + dropRecord.netns) === where.node
  return isOnNode && isHere(where, bytes, at, 'remote') && !isHere(where, bytes, at, 'local')
}

function placeOf(where: Where, bytes: Buffer, at: number, reason: string, marks: TupleMarks | undefined): Place {
  if (bytes[at + dropRecord.side] === side.receiver) return 'receiver'
  if (!denyingReasons.has(reason)) return 'on the way'
  const { ingress, egress } = marks ?? {}
  if (ingress?.denies !== egress?.denies) return ingress?.denies ? 'for receiver' : 'on the way'
  return isForReceiver(where, bytes, at) ? 'for receiver' : 'on the way'
}

/** Where several agents share a kernel, each has the drops of its node's namespace and of what is reached from there. */
function isOurs(where: Where, bytes: Buffer, at: number): boolean {
  if (where.shared.config.cgroup === '' || bytes[at + dropRecord.side] === side.sender) return true
  if (bytes.readUInt32LE(at + dropRecord.netns) === where.node) return true
  return bytes[at + dropRecord.side] === side.receiver && isHere(where, bytes, at, 'remote')
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
    const where = { shared, node: statSync('/proc/thread-self/ns/net').ino }
    const take = (bytes: Buffer, at: number) => {
      const reason = dropReasons.get(bytes.readUInt32LE(at + dropRecord.reason))
      if (reason === undefined || isNoise(reason, bytes, at) || !isOurs(where, bytes, at)) return
      const ofSide = bytes[at + dropRecord.side]
      // What the receiver threw away is the receiver's row; the sender only has no answer.
      const isNew = evidence.note(
        `${ofSide === side.receiver ? 'r' : ''}${tupleKey(bytes, at + dropRecord.tuple)}`,
        reason,
        shared.clock.now(),
      )
      if (ofSide === side.sender) return
      const said = marks.find(tupleKey(bytes, at + dropRecord.tuple), shared.clock.now(), denyingReasons.has(reason))
      const place = placeOf(where, bytes, at, reason, said)
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

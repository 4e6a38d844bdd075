// Where a packet was refused, and whether that is this agent's to tell. A rule of the node may have refused for the pod
// behind it, and several agents may share one kernel, of whose drops each has those of its node.
import type { TupleMarks } from '../../flow/mark-table.ts'
import { localKey, remoteKey } from '../../flow/tuple.ts'
import { denyingReasons } from '../../kernel/drop-reasons.ts'
import { dropRecord, side } from '../../kernel/layout.ts'
import { createNetnsOwners, netnsOf } from '../../process/netns-owners.ts'
import type { Shared } from '../collector.ts'
import type { Place } from './dropped-packet.ts'

export interface Places {
  isOurs(bytes: Buffer, at: number): boolean
  /** `isAnswer`: it went from the destination of its connection to the source. */
  placeOf(bytes: Buffer, at: number, reason: string, isAnswer: boolean, marks: TupleMarks | undefined): Place
}

export function createPlaces({ clock, config, reach }: Shared): Places {
  const node = netnsOf('/proc', 'thread-self')
  const owners = createNetnsOwners(config, { clock: clock.now })

  /** Whether an end of the packet is on this node. */
  const isHere = (bytes: Buffer, at: number, end: 'local' | 'remote') => {
    const tupleAt = at + dropRecord.tuple
    const address = end === 'local' ? localKey(bytes, tupleAt) : remoteKey(bytes, tupleAt)
    return reach.isHere(address, clock.now())
  }
  const isOnNode = (bytes: Buffer, at: number) => bytes.readUInt32LE(at + dropRecord.netns) === node
  /** What the node's rules refuse of packets that come from elsewhere to one of its pods, they refuse for the pod. */
  const isForReceiver = (bytes: Buffer, at: number) =>
    isOnNode(bytes, at) && isHere(bytes, at, 'remote') && !isHere(bytes, at, 'local')

  return {
    isOurs(bytes, at) {
      if (config.cgroup === '' || isOnNode(bytes, at)) return true
      const ofSide = bytes[at + dropRecord.side]
      // Where nobody lives the route tells whose pod it was.
      const nobodys = () => ofSide === side.sender || (ofSide === side.receiver && isHere(bytes, at, 'remote'))
      return owners.isOurs(bytes.readUInt32LE(at + dropRecord.netns)) ?? nobodys()
    },
    placeOf(bytes, at, reason, isAnswer, marks) {
      const ofSide = bytes[at + dropRecord.side]
      if (ofSide !== side.forward) return ofSide === side.receiver ? 'receiver' : 'sender'
      if (isAnswer || !denyingReasons.has(reason)) return 'on the way'
      const { ingress, egress } = marks ?? {}
      if (ingress?.denies !== egress?.denies) return ingress?.denies ? 'for receiver' : 'on the way'
      return isForReceiver(bytes, at) ? 'for receiver' : 'on the way'
    },
  }
}

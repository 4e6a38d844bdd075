// Netfilter's log: packets that rules of the node log with a prefix, as Felix does for every verdict and kube-router for
// refusals. A record is a mark on its connection; sockets and drops pick it up. Records are numbered by the kernel, so
// what a flood made it throw away is known exactly; how many are read at one look is bounded.
import type { NetlinkMessage } from '../../netlink/message.ts'
import { nflogPacket, readLogged } from '../../netlink/nflog.ts'
import { packetLength, readPacket } from '../../netlink/packet.ts'
import { clearMeasures, createMeasures, slot } from '../../flow/measures.ts'
import type { Said } from '../../flow/mark-table.ts'
import { localIp, protocolName, remoteIp, tupleKey } from '../../flow/tuple.ts'
import { tuple, tupleSize } from '../../kernel/layout.ts'
import { openNetfilter, protocolNetfilter } from '../../kernel/netfilter.ts'
import { findNetlinkOwner } from '../../process/netlink-owner.ts'
import type { Collector, OpenCollector, Shared } from '../collector.ts'
import { createGroups, readGroupHolders, readRunning } from './groups.ts'
import { createPrefixes } from './prefix.ts'
import { groupsState, ownerWords } from './state.ts'

/** Numbers of a group's records begin with 0 when it is bound. */
function createGapCounter(): (group: number, sequence: number | undefined) => number {
  const next = new Map<number, number>()
  return (group, sequence) => {
    if (sequence === undefined) return 0
    const expected = next.get(group) ?? sequence
    next.set(group, sequence + 1)
    return Math.max(sequence - expected, 0)
  }
}

/** Without the kernel's drops a refusal for the destination is told by its log record alone. */
function createRefusals(shared: Shared) {
  const { flows } = shared
  const measures = createMeasures()
  return (packet: Buffer, key: string, said: Said, length: number) => {
    const flow = flows.find(
      `nflog ${key.slice(0, tuple.localPort)}${packet.readUInt16LE(tuple.remotePort)} ${packet[tuple.proto]}`,
      () => {
        const destPort = packet.readUInt16LE(tuple.remotePort)
        return {
          reporter: 'dst',
          direction: 'ingress',
          local: false,
          proto: protocolName(packet[tuple.proto]!),
          sourceIp: localIp(packet, 0),
          destIp: remoteIp(packet, 0),
          ...(destPort === 0 ? {} : { destPort }),
          processName: '-',
        }
      },
    )
    const marks = shared.marks.find(key, shared.clock.now(), false)?.ingress
    if (!flow) return
    clearMeasures(measures)
    measures[slot.packetsIn] = 1
    measures[slot.bytesIn] = length
    const isNew = shared.evidence.note(`r${key}`, said.texts[0]!, shared.clock.now()).times === 1
    measures[slot.started] = isNew ? 1 : 0
    flows.add(
      flows.variant(flow, { outcome: 'dropped', action: 'deny', ...(marks && { marks }) }),
      measures,
      isNew,
      isNew,
    )
  }
}

function openNflog(shared: Shared): OpenCollector {
  const { clock, config, marks, native, processes } = shared
  const packet = Buffer.alloc(tupleSize)
  const sayingOf = createPrefixes()
  const gapBefore = createGapCounter()
  const refuse = createRefusals(shared)
  let hasHeard = false
  const seesDrops = shared.kernel?.has('see_drop') === true

  const takePacket = (message: NetlinkMessage) => {
    const { bytes } = log
    const logged = readLogged(bytes, message)
    if (!logged) return
    hasHeard = true
    shared.lost('nflog_records', gapBefore(logged.group, logged.sequence))
    if (!readPacket(bytes, logged.from, logged.to, packet)) return
    const said = sayingOf(logged.group, logged.prefix)
    const key = tupleKey(packet, 0)
    marks.note(key, said, clock.now())
    if (!seesDrops && said.denies && said.direction === 'ingress')
      refuse(packet, key, said, packetLength(bytes, logged.from, logged.to))
  }
  // What was thrown away shows in the records' numbers.
  const log = openNetfilter(native, {
    take: (message) => {
      if (message.type === nflogPacket) takePacket(message)
    },
  })
  const groups = createGroups(
    { groups: config.nflogGroups, yieldTo: config.nflogYieldTo },
    {
      ask: (message) => log.ask(message),
      runningPrograms: () => readRunning(config.procPath),
      holders: readGroupHolders,
      ownerOf: (port) => ownerWords(findNetlinkOwner(config.procPath, protocolNetfilter, port)),
    },
  )
  processes.onStart((name) => groups.started(name))
  marks.readBeforeMissing(() => void log.read())
  return {
    poll: () => void log.look(),
    second: () => groups.second(),
    close: () => log.close(),
    state: () => groupsState(groups, hasHeard),
  }
}

export const nflog: Collector = {
  name: 'nflog',
  title: 'Log rules',
  doc: 'What rules of the node log of connections: the policy and the rule that allowed or denied them.',
  programs: [],
  usable: ({ config }) => config.nflogGroups.length > 0 || 'no group is to be read; --nflog-groups names some',
  open: openNflog,
}

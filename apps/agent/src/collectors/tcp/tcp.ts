// TCP: the kernel's own counters of every socket, read once a second where they changed and once when a socket ends.
// Nothing runs per packet. Every minute all sockets are listed, so that one whose end was lost does not stay for ever.
import { header, party, readU64, recordType, tcpRecord, tcpRecordSize, tuple } from '../../kernel/layout.ts'
import { readIterator } from '../../kernel/native.ts'
import type { Kernel } from '../../kernel/load.ts'
import { tcpState } from '../../flow/verdict.ts'
import { stateByPrograms } from '../collector.ts'
import type { Collector, Shared } from '../collector.ts'
import { createConnections } from './connections.ts'
import { localKey, tupleKey } from '../../flow/tuple.ts'

const listAllEverySeconds = 60
/** A SYN is repeated after 1 and 3 s: whoever has no answer then is worth showing before it gives up. */
const handshakeNs = 3.5e9

const zeroKey = Buffer.alloc(4)
const flagBytes = (on: boolean) => Buffer.from([on ? 1 : 0, 0, 0, 0, 0, 0, 0, 0])

/** Reads all socket records, changed ones only or all, and copies them: two passes are made over them. */
function listSockets(shared: Shared, kernel: Kernel, all: boolean): Buffer[] {
  const { native, scratch } = shared
  const chunks: Buffer[] = []
  native.write(kernel.handle, 'show_all', zeroKey, flagBytes(all))
  readIterator(
    native,
    native.iterate(kernel.handle, 'show_sockets', 'owners'),
    scratch,
    tcpRecordSize,
    (bytes, length) => chunks.push(Buffer.from(bytes.subarray(0, length))),
  )
  return chunks
}

function forEachRecord(chunks: readonly Buffer[], take: (bytes: Buffer, at: number) => void): void {
  for (const chunk of chunks) for (let at = 0; at < chunk.length; at += tcpRecordSize) take(chunk, at)
}

function seedOwners(shared: Shared, kernel: Kernel): void {
  if (!kernel.has('seed_owners')) return
  readIterator(
    shared.native,
    shared.native.iterate(kernel.handle, 'seed_owners', ''),
    shared.scratch,
    header.size,
    () => {},
  )
}

const programs = ['see_state', 'show_sockets', 'seed_owners', 'see_send', 'see_receive']

export const tcp: Collector = {
  name: 'tcp',
  title: 'TCP connections',
  doc: 'Every TCP connection of the node with its counters, round trips, retransmits and outcome.',
  programs,
  usable: ({ kernel }) => kernel?.has('see_state') === true || 'the kernel program see_state is not loaded',
  open(shared) {
    const kernel = shared.kernel!
    const connections = createConnections(shared)
    const canList = kernel.has('show_sockets')
    let seconds = 0

    /** First who listens and whose address is whose, then connections: their direction may depend on it. */
    const learn = (bytes: Buffer, at: number) => {
      const netns = bytes.readUInt32LE(at + tcpRecord.party + party.netns)
      if (bytes[at + tcpRecord.state] === tcpState.listen) {
        const cookie = readU64(bytes, at + tcpRecord.party + party.cookie)
        shared.hosts.listen(cookie, netns, bytes.readUInt16LE(at + tcpRecord.tuple + tuple.localPort))
      } else shared.hosts.own(netns, localKey(bytes, at + tcpRecord.tuple))
    }
    /** A handshake under way is shown once it is late, or at once where its packets were seen to be dropped. */
    const isWorthShowing = (bytes: Buffer, at: number) => {
      const age = readU64(bytes, at + tcpRecord.time) - readU64(bytes, at + tcpRecord.born)
      return (
        age >= handshakeNs ||
        shared.evidence.find(tupleKey(bytes, at + tcpRecord.tuple), shared.clock.now()) !== undefined
      )
    }
    const see = (bytes: Buffer, at: number) => {
      const state = bytes[at + tcpRecord.state]
      if (state === tcpState.listen) return
      if (state === tcpState.synSent && !isWorthShowing(bytes, at)) return
      connections.see(bytes, at)
    }
    const list = (all: boolean) => {
      if (!canList) return
      if (all) connections.begin()
      const chunks = listSockets(shared, kernel, all)
      // Translations of these connections are older than the listing.
      shared.nat.refresh()
      forEachRecord(chunks, learn)
      forEachRecord(chunks, see)
      if (all) shared.lost('connection_end_missed', connections.sweep(2))
    }

    seedOwners(shared, kernel)
    list(true)
    return {
      records: new Map([
        [
          recordType.tcpClose,
          (bytes: Buffer, at: number) => {
            if (bytes[at + tcpRecord.state] !== tcpState.listen) return connections.close(bytes, at)
            shared.hosts.unlisten(readU64(bytes, at + tcpRecord.party + party.cookie))
          },
        ],
      ]),
      second() {
        seconds++
        list(seconds % listAllEverySeconds === 0)
      },
      state: () => stateByPrograms(kernel, programs),
    }
  },
}

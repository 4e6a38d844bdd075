// Without eBPF: live TCP sockets of all network namespaces, listed by inet_diag once a second. Connections that begin and
// end between two looks are not seen, nor is how one ended; UDP and DNS are not seen at all.
import { createConnections } from '../tcp/connections.ts'
import { party, readU64, tcpRecord, tcpRecordSize, tuple } from '../../kernel/layout.ts'
import { localKey } from '../../flow/tuple.ts'
import { diagByFamily, diagRequest, family, writeOwner, writeRecord } from '../../netlink/diag.ts'
import { dumpRequest, netlinkDone, netlinkError, walkMessages } from '../../netlink/message.ts'
import { scanProc } from '../../process/socket-owners.ts'
import type { ProcScan } from '../../process/socket-owners.ts'
import type { Collector, Shared } from '../collector.ts'

const familyNetlink = 16
const socketRaw = 3
const protocolDiag = 4
/** Owners and namespaces are looked up anew this often. */
const scanEverySeconds = 5

/** Lists the sockets of one namespace into records; copies, since two passes are made over them. */
function listNetns(shared: Shared, descriptor: number, netns: number, scan: ProcScan): Buffer[] {
  const { native, scratch } = shared
  const records: Buffer[] = []
  for (const ofFamily of Object.values(family)) {
    native.send(descriptor, dumpRequest(diagByFamily, diagRequest(ofFamily)))
    for (let done = false; !done;) {
      // A listing is made while it is read: what is not there now never comes.
      const length = native.receive(descriptor, scratch)
      done = length === 0
      walkMessages(scratch, length, (message) => {
        if (message.type === netlinkDone || message.type === netlinkError) done = true
        if (message.type !== diagByFamily) return
        const record = Buffer.alloc(tcpRecordSize)
        const socket = writeRecord(scratch, message, netns, record)
        if (!socket) return
        const owner = scan.owners.get(socket.inode)
        if (owner) writeOwner(record, owner.pid, owner.startedNs, owner.comm)
        records.push(record)
      })
    }
  }
  return records
}

export const sockets: Collector = {
  name: 'sockets',
  title: 'Sockets without eBPF',
  doc: 'Live TCP connections by inet_diag, where eBPF cannot be used.',
  programs: [],
  usable: ({ kernel }) => kernel?.has('see_state') !== true || 'not needed: eBPF sees TCP',
  open(shared) {
    const { hosts, native } = shared
    const connections = createConnections(shared)
    const descriptors = new Map<number, number>()
    let scan: ProcScan = { owners: new Map(), netnses: new Map() }
    let seconds = 0

    const openNew = () => {
      for (const [netns, path] of scan.netnses) {
        if (descriptors.has(netns)) continue
        try {
          descriptors.set(netns, native.socket(familyNetlink, socketRaw, protocolDiag, 0, path))
        } catch {
          shared.lost('netns_closed', 1)
        }
      }
      for (const [netns, descriptor] of descriptors) {
        if (scan.netnses.has(netns)) continue
        native.closeDescriptor(descriptor)
        descriptors.delete(netns)
      }
    }
    const listens = (record: Buffer) => record[tcpRecord.state] === 10
    const learn = (record: Buffer) => {
      const netns = record.readUInt32LE(tcpRecord.party + party.netns)
      if (!listens(record)) return hosts.own(netns, localKey(record, tcpRecord.tuple))
      const cookie = readU64(record, tcpRecord.party + party.cookie)
      hosts.listen(cookie, netns, record.readUInt16LE(tcpRecord.tuple + tuple.localPort))
    }
    const look = () => {
      if (seconds++ % scanEverySeconds === 0) {
        scan = scanProc(shared.config.procPath)
        openNew()
      }
      const records = [...descriptors].flatMap(([netns, descriptor]) => listNetns(shared, descriptor, netns, scan))
      shared.nat.refresh()
      connections.begin()
      for (const record of records) learn(record)
      for (const record of records) if (!listens(record)) connections.see(record, 0)
      connections.sweep(1)
    }

    look()
    return {
      second: look,
      close() {
        for (const descriptor of descriptors.values()) native.closeDescriptor(descriptor)
      },
      state: () => ({
        state: 'degraded',
        detail: 'without eBPF: no short connections, no outcomes, no UDP, no DNS',
        hint: 'margay doctor says why eBPF cannot be used',
      }),
    }
  },
}

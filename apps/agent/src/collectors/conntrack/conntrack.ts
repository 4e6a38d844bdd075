// Conntrack, for one thing: which pod stands behind the service address that a program dialled. Sockets know what was
// dialled, conntrack knows where it went. Only events of new connections are read, and the table once at the start.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { conntrackDump, conntrackNew, readTranslation } from '../../netlink/conntrack.ts'
import { dumpRequest } from '../../netlink/message.ts'
import type { NetlinkMessage } from '../../netlink/message.ts'
import { openNetfilter } from '../../kernel/netfilter.ts'
import { tuple } from '../../kernel/layout.ts'
import type { Collector, Shared } from '../collector.ts'

const groupNew = 1
/** A request's body: any family. */
const anyFamily = Buffer.alloc(4)

const tcp = 6

function note({ nat, config }: Shared, bytes: Buffer, message: NetlinkMessage): void {
  const translated = message.type === conntrackNew ? readTranslation(bytes, message) : undefined
  if (!translated) return
  const { key, wire, to } = translated
  if (to) nat.note(key, to)
  // Of TCP a socket tells its own tuple; only DNS is read from its packets.
  if (key.charCodeAt(tuple.proto) !== tcp || config.dnsPorts.includes(portOf(key))) nat.noteWire(wire, key)
}

const portOf = (key: string): number => key.charCodeAt(tuple.remotePort) | (key.charCodeAt(tuple.remotePort + 1) << 8)

export const conntrack: Collector = {
  name: 'conntrack',
  title: 'Service addresses',
  doc: 'Which pod answered behind a service address, from conntrack of the node.',
  programs: [],
  usable: ({ config }) =>
    existsSync(join(config.procPath, 'sys/net/netfilter/nf_conntrack_max')) || 'conntrack is not loaded in this kernel',
  open(shared) {
    const events = openNetfilter(shared.native, {
      groups: groupNew,
      take: (message) => note(shared, events.bytes, message),
      onOverrun: () => shared.lost('conntrack_events', 1),
      // The whole table comes first.
      readsPerLook: Infinity,
    })
    events.send(dumpRequest(conntrackDump, anyFamily))
    const poll = () => void events.look()
    shared.nat.readFrom(poll)
    return {
      poll,
      close() {
        shared.nat.readFrom(undefined)
        events.close()
      },
      state: () => ({ state: 'ok' }),
    }
  },
}

// Conntrack, for one thing: which pod stands behind the service address that a program dialled. Sockets know what was
// dialled, conntrack knows where it went. Only events of new connections are read, and the table once at the start.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { conntrackDump, conntrackNew, readTranslation } from '../../netlink/conntrack.ts'
import { dumpRequest, walkMessages } from '../../netlink/message.ts'
import { openNetfilter } from '../../kernel/native.ts'
import type { NativeError } from '../../kernel/native.ts'
import { tuple } from '../../kernel/layout.ts'
import type { Collector, Shared } from '../collector.ts'

const groupNew = 1
const noBuffers = 105
/** A request's body: any family. */
const anyFamily = Buffer.alloc(4)

/** A burst of events; its own, as others hold records in the shared one while it is read. */
const bufferBytes = 256 << 10
const tcp = 6

function readAll({ nat, native, config }: Shared, descriptor: number, buffer: Buffer): void {
  for (;;) {
    const length = native.receive(descriptor, buffer)
    if (length === 0) return
    walkMessages(buffer, length, (message) => {
      if (message.type !== conntrackNew) return
      const translated = readTranslation(buffer, message)
      if (!translated) return
      const { key, wire, to } = translated
      if (to) nat.note(key, to)
      // Of TCP a socket tells its own tuple; only DNS is read from its packets.
      if (key.charCodeAt(tuple.proto) !== tcp || config.dnsPorts.includes(portOf(key))) nat.noteWire(wire, key)
    })
  }
}

const portOf = (key: string): number => key.charCodeAt(tuple.remotePort) | (key.charCodeAt(tuple.remotePort + 1) << 8)

export const conntrack: Collector = {
  name: 'conntrack',
  title: 'Service addresses',
  doc: 'Which pod answered behind a service address, from conntrack of the node.',
  usable: ({ config }) =>
    existsSync(join(config.procPath, 'sys/net/netfilter/nf_conntrack_max')) || 'conntrack is not loaded in this kernel',
  open(shared) {
    const { native } = shared
    const descriptor = openNetfilter(native, groupNew)
    native.send(descriptor, dumpRequest(conntrackDump, anyFamily))
    const buffer = Buffer.alloc(bufferBytes)
    const poll = () => {
      try {
        readAll(shared, descriptor, buffer)
      } catch (error) {
        if ((error as NativeError).errno !== noBuffers) throw error
        shared.lost('conntrack_events', 1)
      }
    }
    shared.nat.readFrom(poll)
    return {
      poll,
      close() {
        shared.nat.readFrom(undefined)
        native.closeDescriptor(descriptor)
      },
      state: () => ({ state: 'ok' }),
    }
  },
}

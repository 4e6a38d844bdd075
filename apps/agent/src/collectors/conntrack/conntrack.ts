// Conntrack, for one thing: which pod stands behind the service address that a program dialled. Sockets know what was
// dialled, conntrack knows where it went. Only events of new connections are read, and the table once at the start.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { conntrackDump, conntrackNew, readTranslation } from '../../netlink/conntrack.ts'
import { dumpRequest, walkMessages } from '../../netlink/message.ts'
import { openNetfilter } from '../../kernel/native.ts'
import type { NativeError } from '../../kernel/native.ts'
import type { Collector, Shared } from '../collector.ts'

const groupNew = 1
const noBuffers = 105
/** A request's body: any family. */
const anyFamily = Buffer.alloc(4)

function readAll(shared: Shared, descriptor: number): void {
  const { nat, native, scratch } = shared
  for (;;) {
    const length = native.receive(descriptor, scratch)
    if (length === 0) return
    walkMessages(scratch, length, (message) => {
      if (message.type !== conntrackNew) return
      const translation = readTranslation(scratch, message)
      if (translation) nat.note(translation.key, translation.to)
    })
  }
}

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
    return {
      poll() {
        try {
          readAll(shared, descriptor)
        } catch (error) {
          if ((error as NativeError).errno !== noBuffers) throw error
          shared.lost('conntrack_events', 1)
        }
      },
      close: () => native.closeDescriptor(descriptor),
      state: () => ({ state: 'ok' }),
    }
  },
}

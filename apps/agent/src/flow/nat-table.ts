// Translations that conntrack made: where a dialled service address really led, by the tuple as the client's socket has it,
// and back from the tuple that packets have once they were translated. The way back is for sockets on the node's own network:
// what they send is seen after its translation and what they are sent before it is undone, so without it one conversation
// would be two. Bounded: the least recently used goes first.
import { createRecent } from './recent.ts'
import { tupleKey } from './tuple.ts'

export interface Translation {
  /** 16 bytes of the address that answers, and its port. */
  readonly address: Buffer
  readonly port: number
}

export interface NatTable {
  note(key: string, to: Translation): void
  find(key: string): Translation | undefined
  /** `wire` is the tuple of packets that were translated, `key` that of their socket. */
  noteWire(wire: string, key: string): void
  /** Writes the tuple of a packet as its socket has it, where conntrack of the socket's network namespace says so. */
  asDialled(bytes: Buffer, at: number, netns: number): void
  /** What is to be asked for translations that were not read yet; undefined: nobody. */
  readFrom(source: (() => void) | undefined): void
  /**
   * Reads what conntrack has told meanwhile. Whoever has taken something out of the kernel calls it before looking at that:
   * conntrack tells of a connection before its first packet leaves.
   */
  refresh(): void
  readonly size: number
}

const maxTranslations = 65_536

/** `ownNetns` is the inode of the namespace whose conntrack is read. */
export function createNatTable(ownNetns: number): NatTable {
  const translations = createRecent<Translation>(maxTranslations)
  const wires = createRecent<string>(maxTranslations)
  let source: (() => void) | undefined
  return {
    get size() {
      return translations.size
    },
    note: (key, to) => translations.set(key, to),
    find: (key) => translations.get(key),
    noteWire: (wire, key) => wires.set(wire, key),
    asDialled(bytes, at, netns) {
      if (netns !== ownNetns || wires.size === 0) return
      const key = wires.get(tupleKey(bytes, at))
      if (key !== undefined) bytes.write(key, at, 'latin1')
    },
    readFrom(given) {
      source = given
    },
    refresh() {
      try {
        source?.()
      } catch {
        // It is that collector's failure, which meets it again in its own step and tells.
      }
    },
  }
}

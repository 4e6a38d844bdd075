// Reads the kernel's own description of its types (BTF, /sys/kernel/btf/vmlinux): numbers of enumerators, which differ by
// kernel while their names do not, and whether a tracepoint exists. Pure; the format is the kernel's, documented there.

const magic = 0xeb9f
const kindInt = 1
const kindArray = 3
const kindStruct = 4
const kindUnion = 5
const kindEnum = 6
const kindFunctionPrototype = 13
const kindVariable = 14
const kindSection = 15
const kindTag = 17
const kindEnum64 = 19

const headSize = 12

/** Bytes that follow a type's head, by its kind and number of members. */
function tailSize(kind: number, members: number): number {
  if (kind === kindInt || kind === kindVariable || kind === kindTag) return 4
  if (kind === kindArray) return 12
  if (kind === kindStruct || kind === kindUnion || kind === kindSection || kind === kindEnum64) return members * 12
  return kind === kindEnum || kind === kindFunctionPrototype ? members * 8 : 0
}

export interface Btf {
  /** Enumerators of an enum by name, empty where there is no such enum. */
  enumerators(name: string): ReadonlyMap<string, number>
  /** Whether some type has this name; tracepoints are the typedefs `btf_trace_<name>`. */
  has(name: string): boolean
}

/** Throws on bytes that are no little-endian BTF. */
export function readBtf(bytes: Buffer): Btf {
  if (bytes.length < 24 || bytes.readUInt16LE(0) !== magic)
    throw new Error('read kernel types: this is no BTF of this byte order')
  const start = bytes.readUInt32LE(4)
  const types = start + bytes.readUInt32LE(8)
  const typesEnd = types + bytes.readUInt32LE(12)
  const texts = start + bytes.readUInt32LE(16)
  const text = (offset: number) => bytes.toString('latin1', texts + offset, bytes.indexOf(0, texts + offset))
  const names = new Map<string, number>()
  for (let at = types; at + headSize <= typesEnd;) {
    const info = bytes.readUInt32LE(at + 4)
    const kind = (info >>> 24) & 31
    const name = bytes.readUInt32LE(at)
    // Several types may share a name; an enum's is the one asked for.
    if (name !== 0 && (kind === kindEnum || kind === kindEnum64 || !names.has(text(name)))) names.set(text(name), at)
    at += headSize + tailSize(kind, info & 0xffff)
  }
  return {
    has: (name) => names.has(name),
    enumerators(name) {
      const found = new Map<string, number>()
      const at = names.get(name)
      if (at === undefined) return found
      const info = bytes.readUInt32LE(at + 4)
      const kind = (info >>> 24) & 31
      if (kind !== kindEnum && kind !== kindEnum64) return found
      const size = kind === kindEnum ? 8 : 12
      for (let i = 0; i < (info & 0xffff); i++) {
        const member = at + headSize + i * size
        found.set(text(bytes.readUInt32LE(member)), bytes.readUInt32LE(member + 4))
      }
      return found
    },
  }
}

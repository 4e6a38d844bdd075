// Reads the kernel's own description of its types (BTF, /sys/kernel/btf/vmlinux): numbers of enumerators, which differ by
// kernel while their names do not. Pure; the format is the kernel's, documented there.

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

/**
 * Enumerators of an enum by name, empty where there is no such enum. Makes no objects on the way: the kernel describes a
 * hundred thousand types. Throws on bytes that are no little-endian BTF.
 */
export function readEnumerators(bytes: Buffer, name: string): ReadonlyMap<string, number> {
  if (bytes.length < 24 || bytes.readUInt16LE(0) !== magic) {
    throw new Error('read kernel types: this is no BTF of this byte order')
  }
  const start = bytes.readUInt32LE(4)
  const types = start + bytes.readUInt32LE(8)
  const typesEnd = types + bytes.readUInt32LE(12)
  const texts = start + bytes.readUInt32LE(16)
  const wanted = Buffer.from(`${name}\0`, 'latin1')
  const isWanted = (offset: number) =>
    bytes.compare(wanted, 0, wanted.length, texts + offset, texts + offset + wanted.length) === 0
  for (let at = types; at + headSize <= typesEnd;) {
    const info = bytes.readUInt32LE(at + 4)
    const kind = (info >>> 24) & 31
    const isEnum = kind === kindEnum || kind === kindEnum64
    if (isEnum && isWanted(bytes.readUInt32LE(at))) return readMembers(bytes, at, kind, info & 0xffff, texts)
    at += headSize + tailSize(kind, info & 0xffff)
  }
  return new Map()
}

function readMembers(bytes: Buffer, at: number, kind: number, count: number, texts: number): Map<string, number> {
  const members = new Map<string, number>()
  const size = kind === kindEnum ? 8 : 12
  for (let member = at + headSize; members.size < count; member += size) {
    const from = texts + bytes.readUInt32LE(member)
    members.set(bytes.toString('latin1', from, bytes.indexOf(0, from)), bytes.readUInt32LE(member + 4))
  }
  return members
}

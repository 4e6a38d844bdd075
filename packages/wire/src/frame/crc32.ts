// CRC-32 as in zlib and Ethernet (polynomial 0xEDB88320), four bytes a step. Written here because this package is pure and
// must run in a browser as well as in an agent.

const tables = makeTables()

function makeTables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const first = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let crc = i
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
    first[i] = crc >>> 0
  }
  const shifted = (table: Uint32Array) => table.map((crc) => (first[crc & 0xff]! ^ (crc >>> 8)) >>> 0)
  const second = shifted(first)
  const third = shifted(second)
  return [first, second, third, shifted(third)]
}

/** The checksum of bytes from `from` to their end, unsigned. */
export function crc32(bytes: Uint8Array, from = 0): number {
  const [t0, t1, t2, t3] = tables
  let crc = 0xffff_ffff
  let at = from
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffff_ffff) >>> 0
}

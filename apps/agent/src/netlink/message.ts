// Netlink messages and attributes: walking what came, building what is asked. Pure; sockets are the addon's.

/** Type of a message that carries an error number (negative, or 0 for success). */
export const netlinkError = 2
export const netlinkDone = 3
const headSize = 16
const align = (size: number) => (size + 3) & ~3

export interface NetlinkMessage {
  readonly type: number
  /** Offsets of the message's body in the buffer. */
  readonly from: number
  readonly to: number
}

/** Calls `take` for every whole message in the first `length` bytes. A message whose length makes no sense ends the walk. */
export function walkMessages(bytes: Buffer, length: number, take: (message: NetlinkMessage) => void): void {
  for (let at = 0; at + headSize <= length;) {
    const size = bytes.readUInt32LE(at)
    if (size < headSize || at + size > length) return
    take({ type: bytes.readUInt16LE(at + 4), from: at + headSize, to: at + size })
    at += align(size)
  }
}

/** Offset and end of an attribute's value among those between two offsets, or undefined. Nested bits are left out. */
export function findAttribute(
  bytes: Buffer,
  from: number,
  to: number,
  type: number,
): readonly [from: number, to: number] | undefined {
  for (let at = from; at + 4 <= to;) {
    const size = bytes.readUInt16LE(at)
    if (size < 4 || at + size > to) return undefined
    if ((bytes.readUInt16LE(at + 2) & 0x3fff) === type) return [at + 4, at + size]
    at += align(size)
  }
  return undefined
}

/** Flags of a request. */
export const flag = { request: 1, ack: 4, dump: 0x300, create: 0x400, append: 0x800 } as const

export interface RequestOptions {
  readonly flags?: number
  /** Comes back in the answer. */
  readonly sequence?: number
}

/** A request with a body. */
export function request(type: number, body: Buffer, { flags = 0, sequence = 1 }: RequestOptions = {}): Buffer {
  const message = Buffer.alloc(align(headSize + body.length))
  message.writeUInt32LE(headSize + body.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flag.request | flags, 6)
  message.writeUInt32LE(sequence, 8)
  body.copy(message, headSize)
  return message
}

/** A request to list everything. */
export const dumpRequest = (type: number, body: Buffer): Buffer => request(type, body, { flags: flag.dump })

const nestedBit = 0x8000

/** An attribute with its value, padded. */
export function attribute(type: number, ...values: readonly Buffer[]): Buffer {
  const size = values.reduce((sum, { length }) => sum + length, 4)
  const bytes = Buffer.alloc(align(size))
  bytes.writeUInt16LE(size, 0)
  bytes.writeUInt16LE(type, 2)
  let at = 4
  for (const value of values) at += value.copy(bytes, at)
  return bytes
}

/** An attribute that holds attributes. */
export const nested = (type: number, ...inner: readonly Buffer[]): Buffer => attribute(type | nestedBit, ...inner)

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** Text with its closing zero. */
export const text = (value: string): Buffer => Buffer.from(`${value}\0`)

/** Netfilter's own head before the attributes: family, version, and a number that depends on the message. */
export function netfilterHead(family: number, number = 0): Buffer {
  const head = Buffer.alloc(netfilterHeadSize)
  head[0] = family
  head.writeUInt16BE(number, 2)
  return head
}

export const netfilterHeadSize = 4

/** An answer to a request that failed or was carried out: the request's sequence and the error, 0 for success. */
export function readAnswer(
  bytes: Buffer,
  { from, to }: NetlinkMessage,
): { readonly sequence: number; readonly errno: number } {
  const requestSequence = from + 4 + 8
  return {
    errno: to - from >= 4 ? -bytes.readInt32LE(from) : 0,
    sequence: to - from >= 16 ? bytes.readUInt32LE(requestSequence) : 0,
  }
}

/** The text of an attribute up to its closing zero. */
export function readTextAttribute(bytes: Buffer, from: number, to: number, type: number): string | undefined {
  const range = findAttribute(bytes, from, to, type)
  if (!range) return undefined
  const end = bytes.indexOf(0, range[0])
  return bytes.toString('utf8', range[0], end < 0 || end > range[1] ? range[1] : end)
}

/** A number of 32 bits, as netfilter writes it: big end first. */
export function readU32Attribute(bytes: Buffer, from: number, to: number, type: number): number | undefined {
  const range = findAttribute(bytes, from, to, type)
  return range && range[1] - range[0] >= 4 ? bytes.readUInt32BE(range[0]) : undefined
}

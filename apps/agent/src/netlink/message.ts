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

const requestFlag = 1
const dumpFlags = 0x300

/** A request to list everything. */
export function dumpRequest(type: number, body: Buffer): Buffer {
  const message = Buffer.alloc(headSize + body.length)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(requestFlag | dumpFlags, 6)
  message.writeUInt32LE(1, 8)
  body.copy(message, headSize)
  return message
}

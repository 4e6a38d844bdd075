// Growing buffers from which Native columns are made. A buffer is handed over when its column ends, never copied and never
// reused, because the block may still be waiting for its insert when the next one is built.

type Numbers = Uint8Array | Uint16Array | Uint32Array

/** The bytes of a typed array. Native is little-endian, as every machine that Node runs on is. */
export const bytesOf = (array: Numbers): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** A typed array that doubles when it is full. */
export class Growing<T extends Numbers> {
  items: T
  length = 0

  constructor(items: T) {
    this.items = items
  }

  push(value: number): void {
    if (this.length === this.items.length) this.grow(this.length + 1)
    this.items[this.length++] = value
  }

  /** Makes room for `count` more and gives the index of the first. */
  reserve(count: number): number {
    const at = this.length
    if (at + count > this.items.length) this.grow(at + count)
    this.length = at + count
    return at
  }

  /** Appends so many zeros. */
  pushZeros(count: number): void {
    const at = this.reserve(count)
    this.items.fill(0, at, at + count)
  }

  bytes(): Uint8Array {
    return bytesOf(this.items.subarray(0, this.length))
  }

  private grow(least: number): void {
    const Items = this.items.constructor as new (length: number) => T
    const wider = new Items(Math.max(64, this.items.length * 2, least))
    wider.set(this.items)
    this.items = wider
  }
}

const encoder = new TextEncoder()
/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const bytesPerUnit = 3
/** A length of up to 2^35 in seven-bit groups. */
const longestVarint = 5

/** Strings as Native writes them: length, then UTF-8. Lone surrogates become U+FFFD. */
export class Texts {
  private readonly buffer: Growing<Uint8Array>

  constructor(bytes = 1024) {
    this.buffer = new Growing(new Uint8Array(bytes))
  }

  push(text: string): void {
    const start = this.buffer.length
    const units = text.length
    this.buffer.reserve(units * bytesPerUnit + longestVarint)
    const { items } = this.buffer
    // Fast path: short ASCII, one byte of length and one for each character.
    if (units < 128) {
      let at = start + 1
      let unit = 0
      for (; unit < units; unit++) {
        const code = text.charCodeAt(unit)
        if (code > 127) break
        items[at++] = code
      }
      if (unit === units) {
        items[start] = units
        this.buffer.length = at
        return
      }
    }
    const encoded = encoder.encode(text)
    let at = writeVarint(items, start, encoded.length)
    items.set(encoded, at)
    at += encoded.length
    this.buffer.length = at
  }

  /** Appends texts that another one holds, by their places in it: each was encoded once, however often it is picked. */
  pushEncoded({ bytes, starts }: EncodedTexts, picks: Uint32Array): void {
    let length = 0
    for (let i = 0; i < picks.length; i++) length += starts[picks[i]! + 1]! - starts[picks[i]!]!
    let to = this.buffer.reserve(length)
    const { items } = this.buffer
    for (let i = 0; i < picks.length; i++) {
      const start = starts[picks[i]!]!
      const end = starts[picks[i]! + 1]!
      if (end - start > longCopy) {
        items.set(bytes.subarray(start, end), to)
        to += end - start
      } else for (let at = start; at < end; at++) items[to++] = bytes[at]!
    }
  }

  get length(): number {
    return this.buffer.length
  }

  bytes(): Uint8Array {
    return this.buffer.bytes()
  }
}

/** Bytes from which on a call into the engine's own copy costs less than a loop. */
const longCopy = 64

/** Texts with their lengths before them, and where each begins; one more start tells where the last ends. */
export interface EncodedTexts {
  readonly bytes: Uint8Array
  readonly starts: Uint32Array
}

/** Encodes a dictionary; absent is the empty text. */
export function encodeTexts(dictionary: readonly (string | undefined)[]): EncodedTexts {
  const texts = new Texts()
  const starts = new Uint32Array(dictionary.length + 1)
  for (let i = 0; i < dictionary.length; i++) {
    texts.push(dictionary[i] ?? '')
    starts[i + 1] = texts.length
  }
  return { bytes: texts.bytes(), starts }
}

function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value
  let to = at
  while (rest >= 128) {
    into[to++] = (rest & 127) | 128
    rest = Math.floor(rest / 128)
  }
  into[to++] = rest
  return to
}

export function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(longestVarint)
  return bytes.subarray(0, writeVarint(bytes, 0, value))
}

/** 64-bit numbers as halves, low first. */
export function uint64s(...values: readonly number[]): Uint8Array {
  const halves = new Uint32Array(values.length * 2)
  values.forEach((value, index) => {
    halves[index * 2] = value % 2 ** 32
    halves[index * 2 + 1] = Math.floor(value / 2 ** 32)
  })
  return bytesOf(halves)
}

/** A name and its type, as every column of a block begins. */
export function columnHeader(name: string, type: string): Uint8Array {
  const texts = new Texts()
  texts.push(name)
  texts.push(type)
  return texts.bytes()
}

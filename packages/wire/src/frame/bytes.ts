// Writing and reading the pieces that frames are made of, all little-endian: bytes, varints (seven bits a byte, low ones
// first), texts (varint length, UTF-8) and arrays of numbers. The reader checks every length against what is left before
// it allocates, so a hostile length costs nothing.
import { FrameError } from './frame-error.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export class ByteWriter {
  #bytes = new Uint8Array(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  #room(more: number): number {
    const at = this.#length
    if (at + more > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, at + more))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    this.#length = at + more
    return at
  }

  byte(value: number): void {
    // Room first: it may replace the array.
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    let rest = value
    // Divided rather than shifted: shifts would cut it to 32 bits.
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80)
    this.byte(rest)
  }

  text(value: string): void {
    const bytes = encoder.encode(value)
    this.varint(bytes.length)
    this.bytes(bytes)
  }

  uint32(value: number): void {
    const at = this.#room(4)
    new DataView(this.#bytes.buffer).setUint32(at, value, true)
  }

  /** The array's own bytes: every machine that runs this is little-endian. */
  array(values: ArrayBufferView): void {
    this.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }

  /** The bytes written so far, not copied; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = from
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  #take(length: number, what: string): number {
    if (length > this.left)
      throw new FrameError('broken', `frame ends inside ${what}: ${length} bytes needed, ${this.left} left`)
    const at = this.#at
    this.#at += length
    return at
  }

  byte(what: string): number {
    return this.#bytes[this.#take(1, what)]!
  }

  varint(what: string): number {
    let value = 0
    let scale = 1
    for (let taken = 0; taken < 8; taken++) {
      const byte = this.byte(what)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : this.#tooLong(what)
      scale *= 0x80
    }
    return this.#tooLong(what)
  }

  #tooLong(what: string): never {
    throw new FrameError('broken', `${what} is a number over 2^53`)
  }

  /** A varint that counts things of at least `bytesEach` bytes that follow. */
  count(what: string, bytesEach = 1): number {
    const count = this.varint(what)
    if (count * bytesEach > this.left)
      throw new FrameError('broken', `${what} is ${count}, more than the frame can hold`)
    return count
  }

  text(what: string): string {
    const length = this.varint(what)
    const at = this.#take(length, what)
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length))
    } catch {
      throw new FrameError('broken', `${what} is not UTF-8`)
    }
  }

  uint32(what: string): number {
    const at = this.#take(4, what)
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 4).getUint32(0, true)
  }

  /** A copy, because arrays of numbers must lie at a multiple of their width. */
  copy(length: number, what: string): ArrayBuffer {
    const at = this.#take(length, what)
    const copy = new ArrayBuffer(length)
    new Uint8Array(copy).set(this.#bytes.subarray(at, at + length))
    return copy
  }

  /** A reader of the next `length` bytes; this one goes on behind them. */
  part(length: number, what: string): ByteReader {
    const at = this.#take(length, what)
    return new ByteReader(this.#bytes, at, at + length)
  }
}

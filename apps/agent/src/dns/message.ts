// Reads DNS messages from the network: hostile until proven otherwise. Every step moves forward or to a strictly lower
// place, so reading ends after at most as many steps as the message has bytes; whatever breaks RFC 1035 makes the message
// malformed, with the reason. A message that was captured in part is read as far as it goes. Pure.
import { printIp } from '@margay/model'
import { className, codeName, typeName, typeNumber } from './names.ts'

export interface DnsQuestion {
  /** Lower case, no final dot; the root is `.`. */
  readonly name: string
  readonly type: string
  readonly class: string
}

export interface DnsRecord extends DnsQuestion {
  readonly ttl: number
  readonly data: string
  /** The 16 bytes of an address as latin1 text, for A and AAAA. */
  readonly address?: string
}

export interface DnsMessage {
  readonly id: number
  readonly isResponse: boolean
  readonly code: string
  /** The sender cut it short (TC). */
  readonly isTruncated: boolean
  readonly question: DnsQuestion | undefined
  readonly answers: readonly DnsRecord[]
  /** Not all of it was there to be read. */
  readonly isCut: boolean
}

export type ReadDns =
  | { readonly ok: true; readonly message: DnsMessage }
  /** Id and direction of a malformed message are given where its header could be read. */
  | { readonly ok: false; readonly problem: string; readonly id?: number; readonly isResponse?: boolean }

const headSize = 12
const longestName = 255
/** More than any sane answer; the rest is counted by nobody. */
const maxAnswers = 128
const pointerMark = 0xc0

class Malformed extends Error {}
/** The captured part has ended; no fault of the sender's. */
class Cut extends Error {}

interface Reader {
  readonly bytes: Buffer
  readonly end: number
  /** Whether the message goes on after `end`. */
  readonly isCut: boolean
  at: number
}

function need(reader: Reader, count: number): void {
  if (reader.at + count <= reader.end) return
  throw reader.isCut ? new Cut() : new Malformed('ends inside a record')
}

function readU16(reader: Reader): number {
  need(reader, 2)
  reader.at += 2
  return reader.bytes.readUInt16BE(reader.at - 2)
}

function readU32(reader: Reader): number {
  need(reader, 4)
  reader.at += 4
  return reader.bytes.readUInt32BE(reader.at - 4)
}

/** A label as text of RFC 4343: dots and backslashes escaped, bytes that do not print as \DDD, ASCII in lower case. */
function printLabel(bytes: Buffer, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else text += `\\${String(byte).padStart(3, '0')}`
  }
  return text.toLowerCase()
}

/**
 * Reads a name and leaves the reader behind it. A pointer must lead before everything that this name has used so far:
 * "backwards" alone is not enough, since a label may be followed by a pointer to itself.
 */
function readName(reader: Reader): string {
  const { bytes, end } = reader
  const labels: string[] = []
  let lowest = reader.at
  let at = reader.at
  let after: number | undefined
  let length = 1
  for (;;) {
    if (at >= end) throw reader.isCut ? new Cut() : new Malformed('name ends outside the message')
    const size = bytes[at]!
    if (size === 0) break
    if ((size & pointerMark) === pointerMark) {
      if (at + 1 >= end) throw reader.isCut ? new Cut() : new Malformed('pointer ends outside the message')
      const target = ((size & ~pointerMark) << 8) | bytes[at + 1]!
      if (target < headSize) throw new Malformed('pointer into the header')
      if (target >= lowest) throw new Malformed('pointer does not lead back')
      after ??= at + 2
      lowest = at = target
      continue
    }
    if ((size & pointerMark) !== 0) throw new Malformed('reserved label type')
    length += size + 1
    if (length > longestName) throw new Malformed('name over 255 bytes')
    if (at + 1 + size > end) throw reader.isCut ? new Cut() : new Malformed('label ends outside the message')
    labels.push(printLabel(bytes, at + 1, at + 1 + size))
    at += size + 1
  }
  reader.at = after ?? at + 1
  return labels.length === 0 ? '.' : labels.join('.')
}

function readQuestion(reader: Reader): DnsQuestion {
  const name = readName(reader)
  const type = typeName(readU16(reader))
  return { name, type, class: className(readU16(reader)) }
}

function readAddress(reader: Reader, size: number): Pick<DnsRecord, 'data' | 'address'> {
  const bytes = Buffer.alloc(16)
  if (size === 4) bytes.writeUInt16BE(0xffff, 10)
  reader.bytes.copy(bytes, 16 - size, reader.at, reader.at + size)
  return { data: printIp(bytes), address: bytes.toString('latin1') }
}

function readTexts(reader: Reader, end: number): string {
  const texts: string[] = []
  while (reader.at < end) {
    const size = reader.bytes[reader.at]!
    if (reader.at + 1 + size > end) throw new Malformed('text ends outside its record')
    texts.push(reader.bytes.toString('utf8', reader.at + 1, reader.at + 1 + size))
    reader.at += size + 1
  }
  return texts.join('')
}

/** Data of types without a reader of their own, as hexadecimal digits. */
const longestHex = 64

function readData(reader: Reader, type: number, end: number): Pick<DnsRecord, 'data' | 'address'> {
  const size = end - reader.at
  if (type === typeNumber.A && size === 4) return readAddress(reader, 4)
  if (type === typeNumber.AAAA && size === 16) return readAddress(reader, 16)
  if (type === typeNumber.A || type === typeNumber.AAAA) throw new Malformed('address of a wrong length')
  if (type === typeNumber.CNAME || type === typeNumber.NS || type === typeNumber.PTR || type === typeNumber.DNAME)
    return { data: readName(reader) }
  if (type === typeNumber.MX) return { data: `${readU16(reader)} ${readName(reader)}` }
  if (type === typeNumber.SRV)
    return { data: `${readU16(reader)} ${readU16(reader)} ${readU16(reader)} ${readName(reader)}` }
  if (type === typeNumber.SOA) return { data: `${readName(reader)} ${readName(reader)} ${readU32(reader)}` }
  if (type === typeNumber.TXT) return { data: readTexts(reader, end) }
  if (type === typeNumber.HTTPS || type === typeNumber.SVCB) return { data: `${readU16(reader)} ${readName(reader)}` }
  return { data: reader.bytes.toString('hex', reader.at, Math.min(end, reader.at + longestHex)) }
}

function readRecord(reader: Reader): DnsRecord {
  const name = readName(reader)
  const type = readU16(reader)
  const ofClass = className(readU16(reader))
  const ttl = readU32(reader)
  const size = readU16(reader)
  need(reader, size)
  const end = reader.at + size
  const data = readData(reader, type, end)
  if (reader.at > end) throw new Malformed('data ends outside its record')
  reader.at = end
  return { name, type: typeName(type), class: ofClass, ttl, ...data }
}

/** Reads until the captured part ends; true where it did. */
function untilCut(read: () => void): boolean {
  try {
    read()
    return false
  } catch (error) {
    if (error instanceof Cut) return true
    throw error
  }
}

/** Reads the message in `bytes`; `isCut` says that it was longer than what was captured. */
export function readDns(bytes: Buffer, isCut = false): ReadDns {
  if (bytes.length < headSize) return { ok: false, problem: 'shorter than a header' }
  const id = bytes.readUInt16BE(0)
  const flags = bytes.readUInt16BE(2)
  const isResponse = flags >= 0x8000
  const isTruncated = (flags & 0x0200) !== 0
  const reader: Reader = { bytes, end: bytes.length, isCut: isCut || isTruncated, at: headSize }
  const questions = bytes.readUInt16BE(4)
  const answers: DnsRecord[] = []
  let question: DnsQuestion | undefined
  try {
    const wasCut = untilCut(() => {
      for (let i = 0; i < questions; i++) {
        const read = readQuestion(reader)
        question ??= read
      }
      const count = Math.min(bytes.readUInt16BE(6), maxAnswers)
      for (let i = 0; i < count; i++) answers.push(readRecord(reader))
    })
    const message = {
      id,
      isResponse,
      code: codeName(flags & 15),
      isTruncated,
      question,
      answers,
      isCut: isCut || wasCut,
    }
    return { ok: true, message }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { ok: false, problem: error.message, id, isResponse }
  }
}

// One batch of one log type as it crosses the socket and lies in the agent's spool: which agent, epoch and sequence, what was
// lost on the way, the series that are new in the epoch, and the rows in columns. A frame is compressed by whoever sends it.
//
//   'M' 'G' 'F' version | CRC-32 of the rest | flags, agent, epoch, sequence, log type, time made |
//   losses | numbers and columns of new series | series and columns of rows
//
// What must stay true: an epoch's frames, read from its first on, need nothing else; a reader never throws anything but
// FrameError and never allocates more than some eight times the bytes it was given.
import type { Field, FieldKind, LogType, Row, Value } from '@margay/model'
import { canonicalIp, logType as findLogType } from '@margay/model'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { Column, ColumnBuilder, Columns } from './column.ts'
import { createColumnBuilder, encodingOf, readColumn, valueAt } from './column.ts'
import { crc32 } from './crc32.ts'
import { FrameError } from './frame-error.ts'

const magic = Uint8Array.of(0x4d, 0x47, 0x46)
export const frameVersion = 1
const headerBytes = 8
const provisionalFlag = 1

/**
 * Fields that a row carries to the server and that are in no log: the address and port as the program dialled them, and the
 * part of the interval in which something happened.
 */
export const transportFields: { readonly [name: string]: Field } = {
  dialled_ip: { kind: 'ip', role: 'detail', doc: 'Address at connect, before conntrack changed it.' },
  dialled_port: { kind: 'port', role: 'detail', doc: 'Port at connect, before conntrack changed it.' },
  active_from: {
    kind: 'duration',
    role: 'detail',
    unit: 's',
    doc: 'Seconds from start_time to the first thing counted.',
  },
  active_to: {
    kind: 'duration',
    role: 'detail',
    unit: 's',
    doc: 'Seconds from start_time to the end of the last second of it.',
  },
}

export interface FrameHead {
  readonly agent: string
  /** Names the run of frames that share one numbering of series; 16 hex digits, random, never used again. */
  readonly epoch: string
  /** From 0 on within the epoch, without gaps. */
  readonly sequence: number
  readonly logType: string
  /** A delta for those who watch: never stored. */
  readonly provisional: boolean
  /** Unix seconds by the agent's clock. */
  readonly madeAt: number
}

export interface Loss {
  readonly what: string
  readonly count: number
}

export interface Frame extends FrameHead {
  readonly losses: readonly Loss[]
  /** Definitions that are new: the series numbers and their dimensions, parallel. */
  readonly defined: { readonly numbers: Uint32Array; readonly columns: Columns }
  readonly rows: { readonly count: number; readonly series: Uint32Array; readonly columns: Columns }
  /** Values that this reader could not take, by reason: `unknown field x`, `value of y`. */
  readonly leftOut: ReadonlyMap<string, number>
}

const fieldOf = (type: LogType, name: string): Field | undefined =>
  Object.hasOwn(type.fields, name)
    ? type.fields[name]
    : Object.hasOwn(transportFields, name)
      ? transportFields[name]
      : undefined

/** Gathers rows of one log type and writes them as a frame. */
export interface FrameBuilder {
  readonly rows: number
  readonly definitions: number
  define(number: number, dimensions: Row): void
  add(series: number, rest: Row): void
  /** Writes the frame and starts anew. */
  take(head: Omit<FrameHead, 'logType'>, losses: readonly Loss[]): Uint8Array
}

class ColumnSet {
  readonly #type: LogType
  readonly #builders = new Map<string, ColumnBuilder>()
  readonly keys: number[] = []

  constructor(type: LogType) {
    this.#type = type
  }

  add(key: number, row: Row): void {
    const at = this.keys.push(key) - 1
    for (const name in row) {
      const value = row[name]
      if (value !== undefined && value !== '') this.#builder(name).set(at, value)
    }
  }

  #builder(name: string): ColumnBuilder {
    const known = this.#builders.get(name)
    if (known) return known
    const field = fieldOf(this.#type, name)
    if (!field) throw new Error(`BUG: ${name} is no field of ${this.#type.name}`)
    const builder = createColumnBuilder(encodingOf[field.kind])
    this.#builders.set(name, builder)
    return builder
  }

  write(out: ByteWriter): void {
    out.varint(this.keys.length)
    out.array(Uint32Array.from(this.keys))
    out.varint(this.#builders.size)
    for (const [name, builder] of this.#builders) {
      out.text(name)
      builder.write(out, this.keys.length)
    }
  }
}

/** Throws a `BUG` error when a row has a field that the log type does not have. */
export function createFrameBuilder(type: LogType): FrameBuilder {
  let defined = new ColumnSet(type)
  let rows = new ColumnSet(type)
  return {
    get rows() {
      return rows.keys.length
    },
    get definitions() {
      return defined.keys.length
    },
    define: (number, dimensions) => defined.add(number, dimensions),
    add: (series, rest) => rows.add(series, rest),
    take(head, losses) {
      const out = new ByteWriter()
      out.bytes(magic)
      out.byte(frameVersion)
      out.uint32(0)
      writeHead(out, { ...head, logType: type.name })
      out.varint(losses.length)
      for (const { what, count } of losses) {
        out.text(what)
        out.varint(count)
      }
      defined.write(out)
      rows.write(out)
      const bytes = out.finish()
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, crc32(bytes, headerBytes), true)
      defined = new ColumnSet(type)
      rows = new ColumnSet(type)
      return bytes
    },
  }
}

function writeHead(out: ByteWriter, head: FrameHead): void {
  out.byte(head.provisional ? provisionalFlag : 0)
  out.text(head.agent)
  out.text(head.epoch)
  out.varint(head.sequence)
  out.text(head.logType)
  out.varint(head.madeAt)
}

export interface FrameLimits {
  readonly maxRows: number
  readonly maxColumns: number
}

/** Ten times what an agent puts into one frame. */
export const frameLimits: FrameLimits = { maxRows: 200_000, maxColumns: 512 }

/** CRC-32 of bytes, unsigned. Where there is a native one, as in Node, a reader may bring it. */
export type Checksum = (bytes: Uint8Array) => number

const ownChecksum: Checksum = (bytes) => crc32(bytes)

/**
 * Throws FrameError where bytes are not the beginning of a frame of this version. The first eight are enough, so that a reader
 * need not decompress the rest of what is none.
 */
export function checkFrameStart(bytes: Uint8Array): void {
  if (bytes.length < headerBytes || magic.some((byte, index) => bytes[index] !== byte)) {
    throw new FrameError('broken', `frame of ${bytes.length} bytes does not start with MGF`)
  }
  if (bytes[3] !== frameVersion) {
    throw new FrameError(
      'version',
      `frame has version ${bytes[3]}, this server reads version ${frameVersion}; run agent and server of one release`,
    )
  }
}

function openFrame(bytes: Uint8Array, checksum = ownChecksum): ByteReader {
  checkFrameStart(bytes)
  const reader = new ByteReader(bytes, 4)
  if (reader.uint32('checksum') !== checksum(bytes.subarray(headerBytes))) {
    throw new FrameError('broken', `checksum of a frame of ${bytes.length} bytes does not match`)
  }
  return reader
}

function readHead(reader: ByteReader): FrameHead {
  const flags = reader.byte('flags')
  const agent = reader.text('agent')
  const epoch = reader.text('epoch')
  if (!/^[0-9a-f]{16}$/.test(epoch)) throw new FrameError('broken', 'epoch is not 16 hex digits')
  if (agent === '' || agent.length > 253) throw new FrameError('broken', `agent name of ${agent.length} characters`)
  return {
    agent,
    epoch,
    sequence: reader.varint('sequence'),
    logType: reader.text('log type'),
    provisional: (flags & provisionalFlag) !== 0,
    madeAt: reader.varint('time made'),
  }
}

/** Reads only what a frame is, for counting and routing. The checksum is checked. */
export function readFrameHead(bytes: Uint8Array): FrameHead {
  return readHead(openFrame(bytes))
}

/** How many rows and lost things a frame holds, without reading its columns. */
export function countFrame(bytes: Uint8Array): { readonly rows: number; readonly losses: readonly Loss[] } {
  const reader = openFrame(bytes)
  readHead(reader)
  const losses = readLosses(reader)
  const skipped = readKeys(reader, frameLimits, 'series')
  for (let left = skipped.columns; left > 0; left--) {
    reader.text('field')
    reader.byte('encoding')
    reader.part(reader.varint('length'), 'column')
  }
  return { rows: readKeys(reader, frameLimits, 'rows').keys.length, losses }
}

/** Kinds of loss are remembered for as long as the server runs. */
const maxLossName = 64

function readLosses(reader: ByteReader): Loss[] {
  const count = reader.count('losses', 2)
  return Array.from({ length: count }, () => {
    const what = reader.text('loss')
    if (what.length > maxLossName) throw new FrameError('broken', `loss named with ${what.length} characters`)
    return { what, count: reader.varint('loss count') }
  })
}

function readKeys(reader: ByteReader, limits: FrameLimits, what: string) {
  const count = reader.count(`number of ${what}`, 4)
  if (count > limits.maxRows)
    throw new FrameError('too_large', `frame holds ${count} ${what}, at most ${limits.maxRows} are taken`)
  const keys = new Uint32Array(reader.copy(count * 4, what))
  const columns = reader.count(`number of columns of ${what}`)
  if (columns > limits.maxColumns)
    throw new FrameError('too_large', `frame holds ${columns} columns, at most ${limits.maxColumns} are taken`)
  return { keys, columns }
}

/** Reads a frame. Throws FrameError and nothing else. */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = frameLimits, checksum?: Checksum): Frame {
  const reader = openFrame(bytes, checksum)
  const head = readHead(reader)
  const type = findLogType(head.logType)
  if (!type)
    throw new FrameError(
      'unknown_log_type',
      `unknown log type "${head.logType.slice(0, 64)}"; run a server that is as new as its agents`,
    )
  const losses = readLosses(reader)
  const leftOut = new Map<string, number>()
  const defined = readColumns(reader, type, limits, leftOut, 'series')
  const rows = readColumns(reader, type, limits, leftOut, 'rows')
  if (reader.left > 0) throw new FrameError('broken', `${reader.left} bytes follow the frame's end`)
  return {
    ...head,
    losses,
    defined: { numbers: defined.keys, columns: defined.columns },
    rows: { count: rows.keys.length, series: rows.keys, columns: rows.columns },
    leftOut,
  }
}

function readColumns(
  reader: ByteReader,
  type: LogType,
  limits: FrameLimits,
  leftOut: Map<string, number>,
  what: string,
): { readonly keys: Uint32Array; readonly columns: Columns } {
  const { keys, columns: count } = readKeys(reader, limits, what)
  const columns = new Map<string, Column>()
  for (let left = count; left > 0; left--) {
    const name = reader.text('field')
    const field = fieldOf(type, name)
    const read = readColumn(reader, keys.length, name.slice(0, 64))
    if (!field || !read) {
      countLeftOut(leftOut, `unknown field ${name.slice(0, 64)}`, keys.length)
      continue
    }
    if (read.encoding !== encodingOf[field.kind]) {
      throw new FrameError(
        'field_kind',
        `field ${name} came as ${read.encoding}, ${encodingOf[field.kind]} is expected; run agent and server of one release`,
      )
    }
    columns.set(name, checkColumn(read.column, field, name, leftOut))
  }
  return { keys, columns }
}

function countLeftOut(leftOut: Map<string, number>, reason: string, count: number): void {
  leftOut.set(reason, (leftOut.get(reason) ?? 0) + count)
}

/** Leaves out values that the field cannot hold: an unknown word of a closed set, no address, a number over its width. */
function checkColumn(column: Column, field: Field, name: string, leftOut: Map<string, number>): Column {
  if (column.kind === 'numbers') {
    checkNumbers(column.values, field, name, leftOut)
    return column
  }
  const check = valueChecks[field.kind]
  if (!check) return column
  const dictionary = column.dictionary.map((value) => (value === undefined ? undefined : check(value, field)))
  const lost = dictionary.filter((value, at) => value === undefined && column.dictionary[at] !== undefined).length
  if (lost > 0) countLeftOut(leftOut, `value of ${name}`, lost)
  return { ...column, dictionary }
}

function checkNumbers(values: Float64Array, field: Field, name: string, leftOut: Map<string, number>): void {
  const most =
    field.kind === 'port' ? 65_535 : field.width === 32 || field.kind === 'timestamp' ? 0xffff_ffff : Infinity
  if (most === Infinity) return
  for (let row = 0; row < values.length; row++) {
    if (values[row]! <= most || Number.isNaN(values[row]!)) continue
    values[row] = Number.NaN
    countLeftOut(leftOut, `value of ${name}`, 1)
  }
}

const valueChecks: { readonly [K in FieldKind]?: (value: Value, field: Field) => Value | undefined } = {
  enum: (value, field) => (field.values?.includes(value as string) ? value : undefined),
  ip: (value) => canonicalIp(value as string),
  ips: (value) => (value as readonly string[]).map((text) => canonicalIp(text)).filter((text) => text !== undefined),
  ports: (value) => (value as readonly number[]).filter((port) => port <= 65_535),
}

/** The row or definition at an index as an object; fields without a value are left out. */
export function rowAt(columns: Columns, index: number): Row {
  const row: Row = {}
  for (const [name, column] of columns) {
    const value = valueAt(column, index)
    if (value !== undefined) row[name] = value
  }
  return row
}

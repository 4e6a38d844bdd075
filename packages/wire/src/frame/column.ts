// Columns: the values of one field over the rows of a frame. A number column is an array of numbers; every other kind is a
// dictionary of the distinct values and an index into it, so that a value is looked at once a frame and not once a row.
// The bytes of a column tell how to read them, so that a reader can step over one it does not know.
import type { FieldKind, Value } from '@margay/model'
import { ByteReader, ByteWriter } from './bytes.ts'
import { FrameError } from './frame-error.ts'

export interface NumberColumn {
  readonly kind: 'numbers'
  /** NaN where absent. A value over 2^53 is in `exact`, and its nearest number is here. */
  readonly values: Float64Array
  readonly exact: ReadonlyMap<number, bigint>
}

export interface ValueColumn {
  readonly kind: 'values'
  /** The first is undefined: absent. */
  readonly dictionary: readonly (Value | undefined)[]
  readonly index: Uint8Array | Uint16Array | Uint32Array
}

export type Column = NumberColumn | ValueColumn
export type Columns = ReadonlyMap<string, Column>

/** How the bytes of a column are to be read. The numbers are part of the frame's form and never change their meaning. */
const encodings = { numbers: 1, bools: 2, texts: 3, textLists: 4, numberLists: 5, textListLists: 6 } as const
export type Encoding = keyof typeof encodings
const encodingNames = new Map<number, Encoding>(
  Object.entries(encodings).map(([name, byte]) => [byte, name as Encoding]),
)

export const encodingOf: { readonly [K in FieldKind]: Encoding } = {
  timestamp: 'numbers',
  keyword: 'texts',
  enum: 'texts',
  text: 'texts',
  ip: 'texts',
  port: 'numbers',
  count: 'numbers',
  bytes: 'numbers',
  duration: 'numbers',
  bool: 'bools',
  keywords: 'textLists',
  ips: 'textLists',
  ports: 'numberLists',
  hits: 'textLists',
  keywordLists: 'textListLists',
}

/** The value of a row in a column. */
export function valueAt(column: Column, row: number): Value | undefined {
  if (column.kind === 'values') return column.dictionary[column.index[row]!]
  const value = column.values[row]!
  if (Number.isNaN(value)) return undefined
  return column.exact.size > 0 ? (column.exact.get(row) ?? value) : value
}

/** Collects the values of one column, row by row; rows that were stepped over are absent. */
export interface ColumnBuilder {
  set(row: number, value: Value): void
  /** Writes the column for so many rows. */
  write(out: ByteWriter, rows: number): void
}

export function createColumnBuilder(encoding: Encoding): ColumnBuilder {
  return encoding === 'numbers' ? numberBuilder() : valueBuilder(encoding)
}

function numberBuilder(): ColumnBuilder {
  const values: number[] = []
  const exact = new Map<number, bigint>()
  return {
    set(row, value) {
      while (values.length < row) values.push(Number.NaN)
      const number = Number(value)
      // A number that no counter can have is absent rather than a frame that cannot be written.
      values[row] = number >= 0 && number <= 2 ** 64 ? Math.trunc(number) : Number.NaN
      if (typeof value === 'bigint' && number > Number.MAX_SAFE_INTEGER) exact.set(row, value)
    },
    write(out, rows) {
      while (values.length < rows) values.push(Number.NaN)
      out.byte(encodings.numbers)
      const body = new ByteWriter()
      if (exact.size > 0) writeWide(body, values, exact)
      else writeNarrow(body, values)
      out.varint(body.length)
      out.bytes(body.finish())
    },
  }
}

const maxCounter = 2n ** 64n - 1n
const widths = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array } as const
type Width = keyof typeof widths | 8

const widthFor = (most: number): Width => (most <= 0xff ? 1 : most <= 0xffff ? 2 : most <= 0xffff_ffff ? 4 : 8)

/** Width, base, whether a map of the present rows follows, the map, and each value less the base. */
function writeNarrow(out: ByteWriter, values: readonly number[]): void {
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (const value of values) {
    if (value < least) least = value
    if (value > most) most = value
  }
  const base = Number.isFinite(least) ? least : 0
  const width = widthFor(most - base)
  // A base is a varint, which ends at 2^53.
  if (width === 8 || base > Number.MAX_SAFE_INTEGER) return writeWide(out, values, new Map())
  out.byte(width)
  out.varint(base)
  writePresence(out, values)
  const array = new widths[width](values.length)
  for (let row = 0; row < values.length; row++) array[row] = Number.isNaN(values[row]!) ? 0 : values[row]! - base
  out.array(array)
}

function writeWide(out: ByteWriter, values: readonly number[], exact: ReadonlyMap<number, bigint>): void {
  out.byte(8)
  out.varint(0)
  writePresence(out, values)
  // The nearest number to the largest counter is 2^64, one more than fits.
  const wholeOf = (value: number) => (Number.isNaN(value) ? 0n : value < 2 ** 64 ? BigInt(value) : maxCounter)
  const whole = (value: number, row: number) => exact.get(row) ?? wholeOf(value)
  out.array(BigUint64Array.from(values, whole))
}

function writePresence(out: ByteWriter, values: readonly number[]): void {
  const hasAbsent = values.some((value) => Number.isNaN(value))
  out.byte(hasAbsent ? 1 : 0)
  if (!hasAbsent) return
  const map = new Uint8Array(Math.ceil(values.length / 8))
  values.forEach((value, row) => {
    if (!Number.isNaN(value)) map[row >> 3]! |= 1 << (row & 7)
  })
  out.bytes(map)
}

type ValueEncoding = Exclude<Encoding, 'numbers'>

const writers: { readonly [E in ValueEncoding]: (out: ByteWriter, value: Value) => void } = {
  bools: (out, value) => out.byte(value === true ? 1 : 0),
  texts: (out, value) => out.text(value as string),
  textLists: (out, value) => writeList(out, value as readonly string[], (text) => out.text(text)),
  numberLists: (out, value) => writeList(out, value as readonly number[], (number) => out.varint(number)),
  textListLists: (out, value) =>
    writeList(out, value as readonly (readonly string[])[], (list) => writeList(out, list, (text) => out.text(text))),
}

function writeList<T>(out: ByteWriter, list: readonly T[], write: (element: T) => void): void {
  out.varint(list.length)
  for (const element of list) write(element)
}

function valueBuilder(encoding: ValueEncoding): ColumnBuilder {
  const known = new Map<Value, number>()
  const dictionary: Value[] = []
  const index: number[] = []
  const isText = encoding === 'texts'
  return {
    set(row, value) {
      while (index.length < row) index.push(0)
      const key = isText || typeof value === 'boolean' ? value : JSON.stringify(value)
      let at = known.get(key)
      if (at === undefined) {
        at = dictionary.push(value)
        known.set(key, at)
      }
      index[row] = at
    },
    write(out, rows) {
      while (index.length < rows) index.push(0)
      out.byte(encodings[encoding])
      const body = new ByteWriter()
      writeList(body, dictionary, (value) => writers[encoding](body, value))
      const width = widthFor(dictionary.length) as keyof typeof widths
      body.byte(width)
      body.array(widths[width].from(index))
      out.varint(body.length)
      out.bytes(body.finish())
    },
  }
}

/** Reads a column of so many rows. Undefined where the encoding itself is not known, from a newer sender. */
export function readColumn(
  reader: ByteReader,
  rows: number,
  name: string,
): { readonly encoding: Encoding; readonly column: Column } | undefined {
  const encoding = encodingNames.get(reader.byte(`encoding of ${name}`))
  const body = reader.part(reader.varint(`length of ${name}`), name)
  if (encoding === undefined) return undefined
  const column = encoding === 'numbers' ? readNumbers(body, rows, name) : readValues(body, rows, name, encoding)
  return { encoding, column }
}

function readNumbers(body: ByteReader, rows: number, name: string): NumberColumn {
  const width = body.byte(`width of ${name}`)
  const base = body.varint(`base of ${name}`)
  const present =
    body.byte(`presence of ${name}`) === 1 ? new Uint8Array(body.copy(Math.ceil(rows / 8), name)) : undefined
  const exact = new Map<number, bigint>()
  const values = width === 8 ? readWide(body, rows, name, exact) : readNarrow(body, rows, name, width, base)
  if (present) {
    for (let row = 0; row < rows; row++) if (!(present[row >> 3]! & (1 << (row & 7)))) values[row] = Number.NaN
  }
  return { kind: 'numbers', values, exact }
}

function readNarrow(body: ByteReader, rows: number, name: string, width: number, base: number): Float64Array {
  if (!(width in widths)) throw new FrameError('broken', `width of ${name} is ${width} instead of 1, 2, 4 or 8`)
  const narrow = new widths[width as keyof typeof widths](body.copy(rows * width, name))
  const values = new Float64Array(rows)
  for (let row = 0; row < rows; row++) values[row] = base + narrow[row]!
  return values
}

function readWide(body: ByteReader, rows: number, name: string, exact: Map<number, bigint>): Float64Array {
  const wide = new BigUint64Array(body.copy(rows * 8, name))
  const values = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    values[row] = Number(wide[row])
    if (values[row]! > Number.MAX_SAFE_INTEGER) exact.set(row, wide[row]!)
  }
  return values
}

const readers: { readonly [E in ValueEncoding]: (body: ByteReader, name: string) => Value } = {
  bools: (body, name) => body.byte(name) === 1,
  texts: (body, name) => body.text(name),
  textLists: (body, name) => readList(body, name, () => body.text(name)),
  numberLists: (body, name) => readList(body, name, () => body.varint(name)),
  textListLists: (body, name) => readList(body, name, () => readList(body, name, () => body.text(name))),
}

function readList<T>(body: ByteReader, name: string, read: () => T): T[] {
  const count = body.count(`length of a list in ${name}`)
  const list: T[] = []
  for (let i = 0; i < count; i++) list.push(read())
  return list
}

function readValues(body: ByteReader, rows: number, name: string, encoding: ValueEncoding): ValueColumn {
  const count = body.count(`dictionary of ${name}`)
  const dictionary: (Value | undefined)[] = [undefined]
  for (let i = 0; i < count; i++) dictionary.push(readers[encoding](body, name))
  const width = body.byte(`index width of ${name}`)
  if (!(width in widths)) throw new FrameError('broken', `index width of ${name} is ${width} instead of 1, 2 or 4`)
  const index = new widths[width as keyof typeof widths](body.copy(rows * width, name))
  for (let row = 0; row < rows; row++) {
    if (index[row]! > count)
      throw new FrameError('broken', `${name} of row ${row} is entry ${index[row]} of a dictionary of ${count}`)
  }
  return { kind: 'values', dictionary, index }
}

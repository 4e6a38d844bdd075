// Columns whose values belong to a series: coded once when the series is made, gathered by handle for every row. What a
// block pays per row is one read and one write of a number.
import type { Field, FieldKind } from '@margay/model'
import { enumWords } from '../schema/column.ts'
import { Growing, bytesOf } from './bytes.ts'
import { Dictionary, dictionaryBody, dictionaryVersion, keysFor } from './dictionary.ts'
import { pick } from './column-writer.ts'
import { rowColumn } from './row-column.ts'

/** The rows of a block by series: `series` are the distinct handles, `rows[i]` the place in it of row i's handle. */
export interface Gather {
  readonly series: Uint32Array
  readonly rows: Uint32Array
}

export interface SeriesColumn {
  /** Whether its texts are written as a dictionary; else they are plain. */
  readonly dictionary: boolean
  code(handle: number, value: unknown): void
  forget(handle: number): void
  bytes(gather: Gather): readonly Uint8Array[]
}

function dictionaryColumn(): SeriesColumn {
  const dictionary = new Dictionary()
  const codes: number[] = []
  return {
    dictionary: true,
    code: (handle, value) => void (codes[handle] = dictionary.hold((value as string | undefined) ?? '')),
    forget: (handle) => dictionary.release(codes[handle]!),
    bytes({ series, rows }) {
      // A loop: `from` with a function costs several times as much.
      const keys = new Uint32Array(series.length)
      for (let i = 0; i < series.length; i++) keys[i] = codes[series[i]!]!
      const texts = dictionary.localise(keys)
      return [dictionaryVersion, ...dictionaryBody(texts, gatherNumbers(keys, rows, keysFor(texts, rows.length)))]
    },
  }
}

function gatherNumbers<T extends Uint8Array | Uint16Array | Uint32Array>(
  from: Uint32Array,
  rows: Uint32Array,
  into: T,
): T {
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i]!]!
  return into
}

function dictionaryListColumn(): SeriesColumn {
  const dictionary = new Dictionary()
  const codes: (readonly number[])[] = []
  return {
    dictionary: true,
    code: (handle, value) =>
      void (codes[handle] = ((value as readonly string[] | undefined) ?? []).map((text) => dictionary.hold(text))),
    forget: (handle) => codes[handle]!.forEach((code) => dictionary.release(code)),
    bytes({ series, rows }) {
      const starts = new Uint32Array(series.length + 1)
      series.forEach((handle, at) => (starts[at + 1] = starts[at]! + codes[handle]!.length))
      const keys = new Uint32Array(starts[series.length]!)
      let to = 0
      for (const handle of series) for (const code of codes[handle]!) keys[to++] = code
      const texts = dictionary.localise(keys)
      const { offsets, count } = listOffsets(starts, rows)
      const elements = gatherLists(starts, keys, rows, keysFor(texts, count))
      // An empty column of elements is nothing at all, not an empty dictionary.
      const body = elements.length > 0 ? dictionaryBody(texts, elements) : []
      return [dictionaryVersion, bytesOf(offsets), ...body]
    },
  }
}

/** Where each row's list ends, 64-bit with high halves that stay 0, and how many elements there are. */
function listOffsets(starts: Uint32Array, rows: Uint32Array) {
  const offsets = new Uint32Array(rows.length * 2)
  let end = 0
  for (let i = 0; i < rows.length; i++) {
    end += starts[rows[i]! + 1]! - starts[rows[i]!]!
    offsets[i * 2] = end
  }
  return { offsets, count: end }
}

/** Repeats each row's list of keys. */
function gatherLists<T extends Uint8Array | Uint16Array | Uint32Array>(
  starts: Uint32Array,
  keys: Uint32Array,
  rows: Uint32Array,
  into: T,
): T {
  let to = 0
  for (let i = 0; i < rows.length; i++) {
    for (let from = starts[rows[i]!]!; from < starts[rows[i]! + 1]!; from++) into[to++] = keys[from]!
  }
  return into
}

function numberColumn(
  read: (value: unknown) => number,
  make: (size: number) => Uint8Array | Uint16Array,
): SeriesColumn {
  const values = new Growing(new Uint32Array(64))
  return {
    dictionary: false,
    code(handle, value) {
      if (handle >= values.length) values.reserve(handle + 1 - values.length)
      values.items[handle] = read(value)
    },
    forget: () => {},
    bytes({ series, rows }) {
      const numbers = pick(values.items, series)
      return [bytesOf(gatherNumbers(numbers, rows, make(rows.length)))]
    },
  }
}

function wordColumn(field: Field): SeriesColumn {
  const codes = new Map(enumWords(field).map((word, code) => [word, code]))
  return numberColumn(
    (value) => codes.get(String((value as string | boolean | undefined) ?? '')) ?? 0,
    (size) => new Uint8Array(size),
  )
}

/** For kinds that no dimension of today has: each value is kept as it is and written row by row. */
function keptColumn(field: Field): SeriesColumn {
  const values: unknown[] = []
  return {
    dictionary: false,
    code: (handle, value) => void (values[handle] = value),
    forget: (handle) => void (values[handle] = undefined),
    bytes({ series, rows }) {
      const writer = rowColumn(field)
      for (const row of rows) writer.push(values[series[row]!])
      return writer.bytes()
    },
  }
}

const columns: { readonly [K in FieldKind]: (field: Field) => SeriesColumn } = {
  timestamp: keptColumn,
  keyword: dictionaryColumn,
  enum: wordColumn,
  text: dictionaryColumn,
  ip: keptColumn,
  port: () =>
    numberColumn(
      (value) => Number(value ?? 0),
      (size) => new Uint16Array(size),
    ),
  count: keptColumn,
  bytes: keptColumn,
  duration: keptColumn,
  bool: wordColumn,
  keywords: dictionaryListColumn,
  ips: keptColumn,
  ports: keptColumn,
  hits: dictionaryListColumn,
  keywordLists: keptColumn,
}

export function seriesColumn(field: Field): SeriesColumn {
  return columns[field.kind](field)
}

// Columns whose values come with each row: times, details and measures. One writer per kind; a writer collects the values
// of one block and is thrown away with it. Absent is written as the kind's zero, as schema/column.ts says.
import type { Field, FieldKind, Integer, KindValue } from '@margay/model'
import { parseIp } from '@margay/model'
import { enumWords } from '../schema/column.ts'
import { Growing, Texts } from './bytes.ts'

export interface ColumnWriter<V> {
  push(value: V | undefined): void
  /** The column's data, in pieces. Nothing may be pushed afterwards. */
  bytes(): readonly Uint8Array[]
}

const maxUint32 = 0xffff_ffff
const maxUint64 = 0xffff_ffff_ffff_ffffn

/** A number that a column of 32 bits can hold; the doors refuse others, and a wrapped counter would be a lie. */
const fit32 = (value: Integer | undefined): number => {
  const number = Number(value ?? 0)
  return number > 0 ? Math.min(number, maxUint32) : 0
}

function narrow(make: (size: number) => Uint8Array | Uint16Array | Uint32Array): ColumnWriter<Integer> {
  const values = new Growing(make(256))
  return { push: (value) => values.push(fit32(value)), bytes: () => [values.bytes()] }
}

/** All 64 bits, written as two halves so that no row costs a bigint unless it came as one. */
function wide(): ColumnWriter<Integer> {
  const halves = new Growing(new Uint32Array(512))
  return {
    push(value = 0) {
      const at = halves.reserve(2)
      if (typeof value === 'number') {
        const whole = value > 0 ? value : 0
        halves.items[at] = whole % 2 ** 32
        halves.items[at + 1] = Math.floor(whole / 2 ** 32)
        return
      }
      const whole = value < 0n ? 0n : value > maxUint64 ? maxUint64 : value
      halves.items[at] = Number(whole & 0xffff_ffffn)
      halves.items[at + 1] = Number(whole >> 32n)
    },
    bytes: () => [halves.bytes()],
  }
}

const counter = (field: Field) => (field.width === 32 ? narrow((size) => new Uint32Array(size)) : wide())

function texts(): ColumnWriter<string> {
  const values = new Texts()
  return { push: (value) => values.push(value ?? ''), bytes: () => [values.bytes()] }
}

function words(field: Field): ColumnWriter<string | boolean> {
  const codes = new Map(enumWords(field).map((word, code) => [word, code]))
  const values = new Growing(new Uint8Array(256))
  return { push: (value) => values.push(codes.get(String(value ?? '')) ?? 0), bytes: () => [values.bytes()] }
}

function addresses(): ColumnWriter<string> {
  const values = new Growing(new Uint8Array(4096))
  let last: string | undefined
  let lastAt = 0
  return {
    push(value) {
      const at = values.reserve(16)
      if (value === undefined) return void values.items.fill(0, at, at + 16)
      // Fast path: rows of one conversation follow each other.
      if (value === last) return void values.items.copyWithin(at, lastAt, lastAt + 16)
      const parsed = parseIp(value)
      if (parsed) values.items.set(parsed, at)
      else values.items.fill(0, at, at + 16)
      last = value
      lastAt = at
    },
    bytes: () => [values.bytes()],
  }
}

/** Lists: the end of each in a column of 64-bit offsets, then all elements. */
export function lists<V>(elements: ColumnWriter<V>): ColumnWriter<readonly V[]> {
  const offsets = wide()
  let end = 0
  return {
    push(value) {
      if (value) {
        for (const element of value) elements.push(element)
        end += value.length
      }
      offsets.push(end)
    },
    bytes: () => [...offsets.bytes(), ...elements.bytes()],
  }
}

type Writers = { readonly [K in FieldKind]: (field: Field) => ColumnWriter<KindValue[K]> }

const writers: Writers = {
  timestamp: () => narrow((size) => new Uint32Array(size)),
  keyword: texts,
  enum: words,
  text: texts,
  ip: addresses,
  port: () => narrow((size) => new Uint16Array(size)),
  count: counter,
  bytes: counter,
  duration: counter,
  bool: words,
  keywords: () => lists(texts()),
  ips: () => lists(addresses()),
  ports: () => lists(narrow((size) => new Uint16Array(size))),
  hits: () => lists(texts()),
  keywordLists: () => lists(lists(texts())),
}

/** A writer for a field's values, one for each row. Its texts are plain, whatever the table's column is. */
export function rowColumn(field: Field): ColumnWriter<unknown> {
  return writers[field.kind](field)
}

/** The type that `rowColumn` writes: the table's, with plain texts. */
export const plainType = (type: string): string => type.replaceAll('LowCardinality(String)', 'String')

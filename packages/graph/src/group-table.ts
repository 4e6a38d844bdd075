// Flow groups as columns: one code a text field and group, one number a measure and group. It is filled from the server's
// answer or row by row from the live stream, and the result is the same: a group is found by its key and added to.
import type { Row } from '@margay/model'

/** Fields that make a group's key. Those not asked for are empty. */
export const keyFields = [
  'reporter',
  'action',
  'counts',
  'origin',
  'proto',
  'dest_port',
  'source_type',
  'source_namespace',
  'source_name_aggr',
  'source_name',
  'dest_type',
  'dest_namespace',
  'dest_name_aggr',
  'dest_name',
  'dest_domains',
  'dest_service_namespace',
  'dest_service_name',
  'container',
  'process_name',
] as const
export type KeyField = (typeof keyFields)[number]

/** Measures of a group, all sums. */
export const sumFields = ['num_flows', 'packets_in', 'packets_out', 'bytes_in', 'bytes_out'] as const
export type SumField = (typeof sumFields)[number]

/** A column of an answer: distinct values with one code a group, or plain numbers. */
export type Column =
  | { readonly values: readonly unknown[]; readonly codes: ArrayLike<number> }
  | { readonly numbers: ArrayLike<unknown> }

export interface GroupTable {
  readonly length: number
  /** Codes of a field, one a group, into `texts`. */
  readonly codes: { readonly [F in KeyField]: readonly number[] }
  /** Every text of every field; code 0 is the empty text. */
  readonly texts: readonly string[]
  readonly sums: { readonly [F in SumField]: readonly number[] }
  /** Adds the groups of an answer. A column that is missing counts as absent values, or as zeros. */
  addColumns(columns: { readonly [field: string]: Column }, length: number): void
  addRow(row: Row): void
  /** The key of a row as this table would file it. */
  keyOf(row: Row): string
  /** Takes out a group's sums; the empty group stays. Nothing happens where there is none. */
  clear(key: string): void
}

/** The text of a key value: lists are represented by their first element in text order. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.length > 0 ? String([...value].map(String).sort()[0]) : ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
}

const numberOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : 0

const emptyRecord = <F extends string>(fields: readonly F[]) =>
  Object.fromEntries(fields.map((field) => [field, [] as number[]])) as { [K in F]: number[] }

/** Makes an empty table. It holds at most one group a key. */
export function createGroupTable(): GroupTable {
  const codes = emptyRecord(keyFields)
  const sums = emptyRecord(sumFields)
  const texts = ['']
  const codeOfText = new Map([['', 0]])
  const groupOfKey = new Map<string, number>()
  const scratch = keyFields.map(() => 0)
  let length = 0

  const codeOf = (text: string): number => {
    const known = codeOfText.get(text)
    if (known !== undefined) return known
    codeOfText.set(text, texts.length)
    return texts.push(text) - 1
  }
  const groupOf = (key: string): number => {
    const known = groupOfKey.get(key)
    if (known !== undefined) return known
    groupOfKey.set(key, length)
    keyFields.forEach((field, at) => codes[field].push(scratch[at]!))
    for (const field of sumFields) sums[field].push(0)
    return length++
  }
  const fileRow = (row: Row): string => {
    keyFields.forEach((field, at) => (scratch[at] = codeOf(textOf(row[field]))))
    return scratch.join()
  }

  return {
    get length() {
      return length
    },
    codes,
    texts,
    sums,
    keyOf: fileRow,
    addColumns(columns, added) {
      const keys = keyFields.map((field) => translate(columns[field], codeOf))
      const numbers = sumFields.map((field) => readNumbers(columns[field]))
      for (let index = 0; index < added; index++) {
        for (let at = 0; at < keys.length; at++) scratch[at] = keys[at]!(index)
        const group = groupOf(scratch.join())
        sumFields.forEach((field, at) => (sums[field][group]! += numbers[at]!(index)))
      }
    },
    addRow(row) {
      const group = groupOf(fileRow(row))
      for (const field of sumFields) sums[field][group]! += numberOf(row[field])
    },
    clear(key) {
      const group = groupOfKey.get(key)
      if (group === undefined) return
      for (const field of sumFields) sums[field][group] = 0
    },
  }
}

/** A column's values become codes of the table once each, not once a group. */
function translate(column: Column | undefined, codeOf: (text: string) => number): (index: number) => number {
  if (!column) return () => 0
  if ('numbers' in column) return (index) => codeOf(textOf(column.numbers[index]))
  const translated = column.values.map((value) => codeOf(textOf(value)))
  return (index) => translated[column.codes[index]!] ?? 0
}

function readNumbers(column: Column | undefined): (index: number) => number {
  if (!column) return () => 0
  if ('numbers' in column) return (index) => numberOf(column.numbers[index])
  return (index) => numberOf(column.values[column.codes[index]!])
}

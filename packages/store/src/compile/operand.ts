// A value that a test reads: a column, or an element of a list, with how to see it as text, as number and as present.
// Exhaustive over the kinds. All of it is SQL text made of column names and of variables that this package names.
import type { Field, FieldKind, LogType } from '@margay/model'
import { columnName, enumWords } from '../schema/column.ts'

export type Shape = 'text' | 'number' | 'time' | 'ip' | 'word' | 'hit'

/** A single value. */
export interface Operand {
  readonly shape: Shape
  readonly sql: string
  /** The value as text: digits of a number, the printed form of an address. */
  readonly text: string
  /** SQL that is true where the row has a value. */
  readonly present: string
  /** The words of an enum: a text that is none of them cannot be compared with its column. */
  readonly words: readonly string[]
}

const always = '1'

/**
 * The address as `printIp` prints it. ClickHouse prints the mapped form in full, and two groups after six zero groups as
 * an IPv4 address, which RFC 5952 leaves to mapped ones.
 */
function printedIp(sql: string): string {
  const printed = `toString(${sql})`
  const bytes = `reinterpretAsUInt64(reverse(substring(IPv6StringToNum(${printed}), 9, 8)))`
  const groups = `concat('::', lower(hex(toUInt16(bitShiftRight(${bytes}, 16)))), ':', lower(hex(toUInt16(bitAnd(${bytes}, 65535)))))`
  const trimmed = `replaceRegexpAll(${groups}, ':0+([0-9a-f])', ':\\\\1')`
  return (
    `multiIf(startsWith(${printed}, '::ffff:') AND position(${printed}, '.') > 0, substring(${printed}, 8), ` +
    `position(${printed}, '.') > 0, ${trimmed}, ${printed})`
  )
}

type Describe = (sql: string, field: Field) => Omit<Operand, 'sql' | 'words'>

const counter: Describe = (sql, field) => ({
  shape: 'number',
  text: `toString(${sql})`,
  present: field.zeroIsAbsent ? `${sql} != 0` : always,
})
const text: Describe = (sql) => ({ shape: 'text', text: `toString(${sql})`, present: `${sql} != ''` })
const port: Describe = (sql) => ({ shape: 'number', text: `toString(${sql})`, present: `${sql} != 0` })
const word: Describe = (sql) => ({ shape: 'word', text: `toString(${sql})`, present: `${sql} != ''` })
const address: Describe = (sql) => ({ shape: 'ip', text: printedIp(sql), present: `${sql} != toIPv6('::')` })
const hit: Describe = (sql) => ({ shape: 'hit', text: `toString(${sql})`, present: `${sql} != ''` })

/** How one value of a kind reads; for a list kind, one of its elements. */
const describe: { readonly [K in FieldKind]: Describe } = {
  timestamp: (sql) => ({
    shape: 'time',
    text: `toString(toUnixTimestamp(${sql}))`,
    present: `toUnixTimestamp(${sql}) != 0`,
  }),
  keyword: text,
  enum: word,
  text,
  ip: address,
  port,
  count: counter,
  bytes: counter,
  duration: counter,
  bool: word,
  keywords: text,
  ips: address,
  ports: port,
  hits: hit,
  keywordLists: text,
}

/** The value of a field. */
export function operandOf(field: Field, sql: string): Operand {
  return { sql, words: enumWords(field), ...describe[field.kind](sql, field) }
}

/** An element of a field's list: it is there, whatever its value. */
export function elementOf(field: Field, sql: string): Operand {
  return { ...operandOf(field, sql), present: always }
}

/** How many lists are around a single value. */
export const listDepth: { readonly [K in FieldKind]: 0 | 1 | 2 } = {
  timestamp: 0,
  keyword: 0,
  enum: 0,
  text: 0,
  ip: 0,
  port: 0,
  count: 0,
  bytes: 0,
  duration: 0,
  bool: 0,
  keywords: 1,
  ips: 1,
  ports: 1,
  hits: 1,
  keywordLists: 2,
}

/** SQL of a field's column. */
export const columnSql = (name: string): string => `\`${columnName(name)}\``

/** SQL of a field as people read it: its column, or what stands for it where the source did not send it. */
export function readField(type: LogType, name: string): string {
  const column = columnSql(name)
  const others = type.fields[name]!.readsAs
  if (!others) return column
  const union = `arrayDistinct(arrayConcat(${others.map(columnSql).join(', ')}))`
  return `if(empty(${column}), ${union}, ${column})`
}

// Rows in an order that never changes: by the sort field, then by the table's own sort key, then by a hash of the whole
// row. So pages neither repeat nor lose a row, and ten equal rows are ten. `keys` finds a page by the columns of the order
// alone; `page` then reads all columns of its rows, which lie near each other because ties follow the table's order.
import type { FieldKind, LogType } from '@margay/model'
import type { SelectRows } from '@margay/query'
import { StoreError } from '../errors.ts'
import { columnName, columnsOf } from '../schema/column.ts'
import type { Cursor } from './cursor.ts'
import { fieldOf } from './field-of.ts'
import { numberLiteral, textLiteral } from './literal.ts'
import { listDepth, readField } from './operand.ts'
import { selectOf } from './output.ts'
import type { Source } from './source.ts'
import { fromWhere } from './source.ts'

/** A column that rows are ordered by. */
interface OrderColumn {
  readonly kind: FieldKind
  readonly sql: string
}

/** What all pages of one question share. */
export interface RowOrder {
  readonly sort: OrderColumn
  /** Ascending, whichever way the sort field goes. */
  readonly ties: readonly OrderColumn[]
  /** SQL that orders rows which are equal in all of these. */
  readonly whole: string
  readonly descending: boolean
  /** Whether the order is that of time, so that a page can be found in a part of the range. */
  readonly byTime: boolean
}

/** A value that compares as people expect: enums by their words, not by their codes. */
function orderColumn(type: LogType, name: string): OrderColumn {
  const field = fieldOf(type, name)
  const sql = selectOf(field, readField(type, name))
  return { kind: field.kind, sql: field.kind === 'enum' || field.kind === 'bool' ? `toString(${sql})` : sql }
}

export function rowOrder(type: LogType, sort: SelectRows['sort']): RowOrder {
  if (!Object.hasOwn(type.fields, sort.field) || listDepth[type.fields[sort.field]!.kind] > 0) {
    throw new StoreError('bad_question', `cannot sort ${type.name} by "${sort.field}": no field with a single value`)
  }
  return {
    sort: orderColumn(type, sort.field),
    ties: type.sortKey.filter((name) => name !== sort.field).map((name) => orderColumn(type, name)),
    whole: `cityHash64(${columnsOf(type)
      .map(({ name }) => `\`${name}\``)
      .join(', ')})`,
    descending: sort.descending,
    byTime: sort.field === type.time,
  }
}

/** How many values a cursor's key has. */
export const keyLength = ({ ties }: RowOrder): number => 1 + ties.length

/** A value that came as text, typed as its column. */
function valueLiteral({ kind }: OrderColumn, text: string): string {
  if (kind === 'ip') return `toIPv6(${textLiteral(text)})`
  if (kind === 'keyword' || kind === 'enum' || kind === 'text' || kind === 'bool') return textLiteral(text)
  if (!/^\d{1,20}$/.test(text)) throw new StoreError('bad_cursor', 'the cursor belongs to another order')
  return numberLiteral(BigInt(text))
}

/** Rows whose ties compare so with a key's: the columns as one tuple. */
function tiesCompare({ ties }: RowOrder, comparison: '>=' | '<=', key: readonly string[]): string {
  if (ties.length === 0) return '1'
  const values = ties.map((tie, index) => valueLiteral(tie, key[index + 1]!))
  return `tuple(${ties.map(({ sql }) => sql).join(', ')}) ${comparison} tuple(${values.join(', ')})`
}

/** Rows from a cursor's key on, those among them that were given already. */
function fromCursor(order: RowOrder, cursor: Cursor | undefined): string {
  if (!cursor) return '1'
  const { sort, descending } = order
  const value = valueLiteral(sort, cursor.key[0]!)
  return `(${sort.sql} ${descending ? '<' : '>'} ${value} OR (${sort.sql} = ${value} AND ${tiesCompare(order, '>=', cursor.key)}))`
}

function upTo(order: RowOrder, last: readonly string[]): string {
  const { sort, descending } = order
  const value = valueLiteral(sort, last[0]!)
  return `(${sort.sql} ${descending ? '>' : '<'} ${value} OR (${sort.sql} = ${value} AND ${tiesCompare(order, '<=', last)}))`
}

export interface PageRequest {
  readonly source: Source
  readonly order: RowOrder
  /** The part of the time range that is searched. */
  readonly from: number
  readonly to: number
  readonly cursor: Cursor | undefined
}

const direction = ({ descending }: RowOrder) => (descending ? 'DESC' : 'ASC')

const orderBy = (order: RowOrder) =>
  [`${order.sort.sql} ${direction(order)}`, ...order.ties.map(({ sql }) => sql)].join(', ')

const keyColumns = ({ sort, ties }: RowOrder) => [sort, ...ties].map(({ sql }) => `toString(${sql})`)

/** The keys of the first `count` rows. Ties are read only for rows that can be among them. */
export function keysSql({ source, order, from, to, cursor }: PageRequest, count: number): string {
  const rows = `${fromWhere(source, from, to)} AND ${fromCursor(order, cursor)}`
  const value = order.sort.sql
  const nearest = `SELECT ${value} AS v ${rows} ORDER BY v ${direction(order)} LIMIT ${count}`
  const reaches = `${value} ${order.descending ? '>=' : '<='} (SELECT ${order.descending ? 'min' : 'max'}(v) FROM (${nearest}))`
  return `SELECT ${keyColumns(order).join(', ')} ${rows} AND ${reaches} ORDER BY ${orderBy(order)} LIMIT ${count}`
}

/** Where the rows from the cursor to the last key are. */
function pageRows({ source, order, from, to, cursor }: PageRequest, last: readonly string[]): string {
  // No row lies beyond the last key's time, which the index of parts and marks can use.
  const time = columnName(source.type.time)
  const near = order.byTime ? `${time} ${order.descending ? '>=' : '<='} ${Number(last[0])}` : '1'
  return `${fromWhere(source, from, to)} AND ${near} AND ${fromCursor(order, cursor)} AND ${upTo(order, last)}`
}

const fieldColumns = ({ type }: Source, fields: readonly string[]) =>
  fields.map((name) => selectOf(type.fields[name]!, readField(type, name)))

/**
 * The rows from the cursor to the last key in no order, at most `count`: first their key, then 20 digits that order rows of
 * one key, then the fields. Putting a page in order here costs the engine several times what reading it does.
 */
export function pageSql(
  request: PageRequest,
  fields: readonly string[],
  last: readonly string[],
  count: number,
): string {
  const { source, order } = request
  const columns = [...keyColumns(order), `leftPad(toString(${order.whole}), 20, '0')`, ...fieldColumns(source, fields)]
  return `SELECT ${columns.join(', ')} ${pageRows(request, last)} LIMIT ${count}`
}

/** The same rows in their order, those behind the cursor only, with the fields alone. */
export function orderedPageSql(
  request: PageRequest,
  fields: readonly string[],
  last: readonly string[],
  count: number,
): string {
  const { source, order, cursor } = request
  return (
    `SELECT ${fieldColumns(source, fields).join(', ')} ${pageRows(request, last)} ` +
    `ORDER BY ${orderBy(order)}, ${order.whole} LIMIT ${cursor?.skip ?? 0}, ${count}`
  )
}

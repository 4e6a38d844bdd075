// Rows in an order that never changes: by the sort field, then by a tie value (a hash of the columns that usually tell rows
// apart), then by a hash of the whole row. So pages neither repeat nor lose a row, and ten equal rows are ten.
// Cheap columns decide first: `keys` finds the page by sort and tie value, `page` then reads all columns of its rows only.
import type { Field, LogType } from '@margay/model'
import type { SelectRows } from '@margay/query'
import { StoreError } from '../errors.ts'
import { columnName, columnsOf } from '../schema/column.ts'
import type { Cursor } from './cursor.ts'
import { numberLiteral, textLiteral } from './literal.ts'
import { listDepth, readField } from './operand.ts'
import { selectOf } from './output.ts'
import type { Source } from './source.ts'
import { fromWhere } from './source.ts'

/** What all pages of one question share. */
export interface RowOrder {
  readonly sortField: Field
  /** SQL of the sort value and of the tie value. */
  readonly value: string
  readonly tie: string
  /** SQL that orders rows which are equal in both. */
  readonly whole: string
  readonly descending: boolean
  /** Whether the order is that of time, so that a page can be found in a part of the range. */
  readonly byTime: boolean
}

/** Kinds that tell rows of one series and moment apart. */
const tellingKinds = new Set<Field['kind']>(['ip', 'port', 'bytes'])

function tieColumns(type: LogType): readonly string[] {
  const telling = Object.keys(type.fields).filter((name) => tellingKinds.has(type.fields[name]!.kind))
  return [...new Set([...type.sortKey, ...telling])].map((name) => `\`${columnName(name)}\``)
}

/** A value that compares as people expect: enums by their words, not by their codes. */
function sortValue(type: LogType, name: string, field: Field): string {
  const value = selectOf(field, readField(type, name))
  return field.kind === 'enum' || field.kind === 'bool' ? `toString(${value})` : value
}

export function rowOrder(type: LogType, sort: SelectRows['sort']): RowOrder {
  const field = Object.hasOwn(type.fields, sort.field) ? type.fields[sort.field] : undefined
  if (!field || listDepth[field.kind] > 0) {
    throw new StoreError('bad_question', `cannot sort ${type.name} by "${sort.field}": no field with a single value`)
  }
  return {
    sortField: field,
    value: sortValue(type, sort.field, field),
    tie: `cityHash64(${tieColumns(type).join(', ')})`,
    whole: `cityHash64(${columnsOf(type)
      .map(({ name }) => `\`${name}\``)
      .join(', ')})`,
    descending: sort.descending,
    byTime: sort.field === type.time,
  }
}

/** A sort value that came as text, typed as its column. */
function valueLiteral({ sortField }: RowOrder, text: string): string {
  if (sortField.kind === 'ip') return `toIPv6(${textLiteral(text)})`
  if (['keyword', 'enum', 'text', 'bool'].includes(sortField.kind)) return textLiteral(text)
  if (!/^\d{1,20}$/.test(text)) throw new StoreError('bad_cursor', 'the cursor belongs to another order')
  return numberLiteral(BigInt(text))
}

/** Rows from a cursor's own tie on, those given already among them. */
function fromCursor(order: RowOrder, cursor: Cursor | undefined): string {
  if (!cursor) return '1'
  const value = valueLiteral(order, cursor.value)
  const beyond = `${order.value} ${order.descending ? '<' : '>'} ${value}`
  return `(${beyond} OR (${order.value} = ${value} AND ${order.tie} >= ${numberLiteral(BigInt(cursor.tie))}))`
}

function upTo(order: RowOrder, last: Cursor): string {
  const value = valueLiteral(order, last.value)
  const before = `${order.value} ${order.descending ? '>' : '<'} ${value}`
  return `(${before} OR (${order.value} = ${value} AND ${order.tie} <= ${numberLiteral(BigInt(last.tie))}))`
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

/** Sort and tie values of the first `count` rows. Ties are computed only for rows that can be among them. */
export function keysSql({ source, order, from, to, cursor }: PageRequest, count: number): string {
  const rows = `${fromWhere(source, from, to)} AND ${fromCursor(order, cursor)}`
  const last = order.descending ? 'min' : 'max'
  const nearest = `SELECT ${order.value} AS v ${rows} ORDER BY v ${direction(order)} LIMIT ${count}`
  const reaches = `${order.value} ${order.descending ? '>=' : '<='} (SELECT ${last}(v) FROM (${nearest}))`
  return (
    `SELECT toString(${order.value}) AS value, toString(${order.tie}) AS tie ${rows} AND ${reaches} ` +
    `ORDER BY ${order.value} ${direction(order)}, ${order.tie} LIMIT ${count}`
  )
}

/** The rows from the cursor to the last key, all columns asked for: sort value, tie value, then the fields. */
export function pageSql(
  { source, order, from, to, cursor }: PageRequest,
  fields: readonly string[],
  last: Cursor,
  count: number,
): string {
  const { type } = source
  const columns = fields.map((name) => selectOf(type.fields[name]!, readField(type, name)))
  return (
    `SELECT ${[`toString(${order.value})`, `toString(${order.tie})`, ...columns].join(', ')} ` +
    `${fromWhere(source, from, to)} AND ${fromCursor(order, cursor)} AND ${upTo(order, last)} ` +
    `ORDER BY ${order.value} ${direction(order)}, ${order.tie}, ${order.whole} LIMIT ${cursor?.skip ?? 0}, ${count}`
  )
}

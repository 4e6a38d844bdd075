// Which rows a question is about, as SQL: the table, the time range, the filter, and whether only reports that count do.
import type { LogType } from '@margay/model'
import type { BoundFilter, Question } from '@margay/query'
import { columnName } from '../schema/column.ts'
import { tableOf } from '../schema/ddl.ts'
import { filterSql } from './filter.ts'
import type { Counted } from './reports.ts'
import { countedOf } from './reports.ts'

/** What a question reads. `from` and `to` are whole Unix seconds that a column of 32 bits can hold. */
export interface Source {
  readonly type: LogType
  readonly table: string
  readonly from: number
  readonly to: number
  /** Everything but the time range. */
  readonly where: string
  /** Which of the rows are part of totals; undefined where every row is. */
  readonly counted: Counted | undefined
}

const latest = 2 ** 32 - 1
const bound = (seconds: number) => Math.min(Math.max(0, Math.ceil(seconds)), latest)

/** What a question is about: rows that pass `filter`, and which of them count within the search `among`. */
export interface Asked {
  readonly filter: BoundFilter
  readonly among: BoundFilter
  readonly range: { readonly from: number; readonly to: number }
  readonly reports: Question['reports']
}

export function sourceOf(type: LogType, { filter, among, range, reports }: Asked): Source {
  const [table, from, to] = [tableOf(type.name), bound(range.from), bound(range.to)]
  const search = fromWhere({ type, table, where: filterSql(type, among) }, from, to)
  const counted = countedOf(type, among, search)
  const conditions = [reports === 'counted' ? counted?.condition : undefined, filterSql(type, filter)]
  return { type, table, from, to, where: conditions.filter((sql) => sql !== undefined).join(' AND '), counted }
}

/** `FROM … WHERE …` for a part of the source's time range. */
export function fromWhere(
  { type, table, where }: Pick<Source, 'type' | 'table' | 'where'>,
  from: number,
  to: number,
): string {
  const time = columnName(type.time)
  return `FROM ${table} WHERE ${time} >= ${from} AND ${time} < ${to} AND (${where})`
}

// Which rows a question is about, as SQL: the table, the time range, the filter, and whether only reports that count do.
import type { LogType } from '@margay/model'
import type { BoundFilter, Question } from '@margay/query'
import { columnName } from '../schema/column.ts'
import { tableOf } from '../schema/ddl.ts'
import { filterSql } from './filter.ts'

/** What a question reads. `from` and `to` are whole Unix seconds that a column of 32 bits can hold. */
export interface Source {
  readonly type: LogType
  readonly table: string
  readonly from: number
  readonly to: number
  /** Everything but the time range. */
  readonly where: string
}

const latest = 2 ** 32 - 1
const bound = (seconds: number) => Math.min(Math.max(0, Math.ceil(seconds)), latest)

/** Rows that would count a conversation twice are left out where the log type tells them apart. */
const countedOnly = (type: LogType, reports: Question['reports']) =>
  reports === 'counted' && Object.hasOwn(type.fields, 'counts') ? "counts = 'true'" : undefined

export function sourceOf(
  type: LogType,
  filter: BoundFilter,
  range: { readonly from: number; readonly to: number },
  reports: Question['reports'],
): Source {
  const conditions = [countedOnly(type, reports), filterSql(type, filter)].filter((sql) => sql !== undefined)
  return {
    type,
    table: tableOf(type.name),
    from: bound(range.from),
    to: bound(range.to),
    where: conditions.join(' AND '),
  }
}

/** `FROM … WHERE …` for a part of the source's time range. */
export function fromWhere({ type, table, where }: Source, from: number, to: number): string {
  const time = columnName(type.time)
  return `FROM ${table} WHERE ${time} >= ${from} AND ${time} < ${to} AND (${where})`
}

// Explore's own part of the address, beside what every page shares: which log, which columns, in which order.
import { flowLog, logType, type LogType } from '@margay/model'
import type { Sort } from '../../log-table/LogTable.tsx'
import { logTypeName } from '../../query-bar/use-log-type.ts'
import { oneOf, type Search } from '../../view/address.ts'

export interface ExploreView {
  readonly type: LogType
  readonly columns: readonly string[]
  readonly sort: Sort
}

const names = { log: logTypeName, columns: 'cols', sort: 'sort' } as const

/** `-start_time` is newest first. */
const printSort = ({ field, descending }: Sort): string => `${descending ? '-' : ''}${field}`

const parseSort = (text: string): Sort =>
  text.startsWith('-') ? { field: text.slice(1), descending: true } : { field: text, descending: false }

export const newestFirst = (type: LogType): Sort => ({ field: type.time, descending: true })

export function readExplore(search: Search): ExploreView {
  const type = logType(oneOf(search[names.log]) ?? '') ?? flowLog
  const named = (oneOf(search[names.columns]) ?? '').split(',').filter((name) => Object.hasOwn(type.fields, name))
  const sort = parseSort(oneOf(search[names.sort]) ?? '')
  return {
    type,
    columns: named.length > 0 ? named : type.columns,
    sort: Object.hasOwn(type.fields, sort.field) ? sort : newestFirst(type),
  }
}

export function writeExplore({ type, columns, sort }: ExploreView): Search {
  const sorted = printSort(sort)
  return {
    [names.log]: type === flowLog ? undefined : type.name,
    [names.columns]: columns.join() === type.columns.join() ? undefined : columns.join(),
    [names.sort]: sorted === printSort(newestFirst(type)) ? undefined : sorted,
  }
}

/** Another log: columns and order are those that it starts with. */
export const startOf = (type: LogType): ExploreView => ({ type, columns: type.columns, sort: newestFirst(type) })

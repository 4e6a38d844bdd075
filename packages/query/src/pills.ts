// Filters put together by clicks: from a cell of a table, a segment of a chart, a chip of the query bar. Each gives a tree of
// the form that the parser gives, so that it can be shown and edited as text.
import type { Value } from '@margay/model'
import type { Filter } from './filter.ts'
import { all } from './filter.ts'
import { fieldLiteral, isValue } from './spell.ts'

/** All of the filters; nested chains of `and` become one. */
export const combineAll = (...filters: readonly Filter[]): Filter => combine('and', filters)

/** Any of the filters; nothing to choose from matches everything. */
export const combineAny = (...filters: readonly Filter[]): Filter => combine('or', filters)

function combine(kind: 'and' | 'or', filters: readonly Filter[]): Filter {
  // "Everything" adds nothing to `and`, and makes `or` everything.
  if (kind === 'or' && filters.some((filter) => filter.kind === 'all')) return all
  const parts = filters
    .filter((filter) => filter.kind !== 'all')
    .flatMap((filter) => (filter.kind === kind ? filter.filters : [filter]))
  if (parts.length === 0) return all
  return parts.length === 1 ? parts[0]! : { kind, filters: parts }
}

/** The opposite filter. */
export const negate = (filter: Filter): Filter => (filter.kind === 'not' ? filter.filter : { kind: 'not', filter })

/** Rows that have the field. */
export const hasField = (field: string): Filter => ({ kind: 'exists', field: fieldLiteral(field) })

/**
 * The filter of a clicked cell: rows with that value, or rows without one where the cell is empty. A list asks for each of
 * its elements; a click on one element gives that element.
 */
export function filterForCell(field: string, value: Value | undefined): Filter {
  if (value === undefined || value === '') return negate(hasField(field))
  if (!Array.isArray(value)) return isValue(field, value as Exclude<Value, readonly unknown[]>)
  const elements = (value as readonly unknown[]).flat() as readonly (string | number)[]
  if (elements.length === 0) return negate(hasField(field))
  return combineAll(...[...new Set(elements)].map((element) => isValue(field, element)))
}

/** The filter of a cell that is filtered out: everything but such rows. */
export const filterOutCell = (field: string, value: Value | undefined): Filter => negate(filterForCell(field, value))

/** The top clauses of a filter, as chips show them. */
export function clausesOf(filter: Filter): readonly Filter[] {
  if (filter.kind === 'all') return []
  return filter.kind === 'and' ? filter.filters : [filter]
}

/** The filter without one of its top clauses, by place. */
export const withoutClause = (filter: Filter, index: number): Filter =>
  combineAll(...clausesOf(filter).filter((_, at) => at !== index))

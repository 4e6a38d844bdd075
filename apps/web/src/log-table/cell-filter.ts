// The filter that a cell stands for. Pure.
import type { Row, Value } from '@margay/model'
import { clauseOf, pill, toggleNegated, type Pill } from '../view/pill.ts'
import type { Column } from './columns.ts'

/** Keeps the rows that have what this cell has; `out` leaves them out. An empty cell asks whether the field is there. */
export function cellFilter(column: Column, row: Row, out: boolean): Pill {
  const kept = pillOf(column.fields, row)
  return out ? toggleNegated(kept) : kept
}

function pillOf(fields: readonly string[], row: Row): Pill {
  const [only, ...more] = fields.map((name) => clauseOf(name, row[name]))
  if (only && more.length === 0) return only
  const clauses = fields.map((name) => clauseOf(name, row[name]))
  return pill(clauses.map(({ kql, negated }) => (negated ? `not ${kql}` : kql)).join(' and '))
}

/** What the filter will say, for tooltips. */
export const filterText = ({ kql, negated }: Pill): string => (negated ? `not ${kql}` : kql)

/** One value of one field, as the side panel and the lists of top values offer it. */
export const valueFilter = (field: string, value: Value | undefined, out: boolean): Pill => {
  const kept = clauseOf(field, value)
  return out ? toggleNegated(kept) : kept
}

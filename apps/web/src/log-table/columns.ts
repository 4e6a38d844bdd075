// The columns of a log table, from the names of fields that are shown. A namespace and the name after it are drawn as one
// column, since neither says who it is without the other. Pure.
import type { Field, LogType } from '@margay/model'
import { isAmount } from '../format/value.ts'

export interface Column {
  /** The field that it is sorted by. */
  readonly id: string
  /** The fields whose values it shows, one or two. */
  readonly fields: readonly string[]
  readonly field: Field
  readonly label: string
  /** Width as CSS grid wants it, and the least pixels of it. */
  readonly track: string
  readonly least: number
  readonly amount: boolean
}

const widths: Partial<Record<Field['kind'], number>> = {
  timestamp: 84,
  enum: 104,
  port: 56,
  count: 72,
  bytes: 76,
  duration: 84,
  bool: 60,
}

/** Keywords with usual values are short words: `tcp`, `NXDOMAIN`. */
const word = 84

/** Least pixels of a column that shares what is left. */
const flexible = 96
const flexiblePair = 150

/** Columns that show something else than all of their field are headed by what they show. */
const headings: Readonly<Record<string, string>> = {
  'policies.enforced_policies': 'Decided by',
  'policies.pending_policies': 'Would be decided by',
}

export const labelOf = (name: string, field: Field): string => headings[name] ?? field.label ?? name

function makeColumn(type: LogType, id: string, fields: readonly string[]): Column {
  const field = type.fields[id]!
  const fixed = widths[field.kind] ?? (field.kind === 'keyword' && field.values ? word : undefined)
  const least = fixed ?? (fields.length > 1 ? flexiblePair : flexible)
  const amount = isAmount(field.kind)
  const share = fields.length > 1 ? 1.7 : 1
  return {
    id,
    fields,
    field,
    label: labelOf(id, field),
    least,
    amount,
    track: fixed ? `${fixed}px` : `minmax(${least}px, ${share}fr)`,
  }
}

/** `source_namespace` belongs to `source_name_aggr` and to `source_name`. */
const isNamespaceOf = (namespace: string | undefined, name: string): boolean =>
  namespace?.endsWith('_namespace') === true && name.startsWith(`${namespace.slice(0, -'_namespace'.length)}_name`)

/** Columns in the order of the names; names that are no field of the log type are left out. */
export function columnsOf(type: LogType, names: readonly string[]): readonly Column[] {
  const known = names.filter((name) => Object.hasOwn(type.fields, name))
  return known.flatMap((name, at) => {
    if (isNamespaceOf(name, known[at + 1] ?? '')) return []
    const before = known[at - 1]
    return [makeColumn(type, name, isNamespaceOf(before, name) ? [before!, name] : [name])]
  })
}

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

/** Keywords with usual values are words, most of them short: `tcp`, `NXDOMAIN`, `GlobalNetworkPolicy`. */
const [leastWord, mostWord, letter] = [84, 176, 7]
const wordWidth = (values: readonly string[]): number =>
  Math.min(
    mostWord,
    values.reduce((most, { length }) => Math.max(most, length * letter + 12), leastWord),
  )

/** Least pixels of a column that shares what is left: one name, a namespace with a name, a policy with its rule. */
const flexible = 96
const flexiblePair = 150
const flexibleHits = 120

/** Columns that show something else than all of their field are headed by what they show. */
const headings: Readonly<Record<string, string>> = {
  'policies.enforced_policies': 'Decided by',
  'policies.pending_policies': 'Would be decided by',
}

export const labelOf = (name: string, field: Field): string => headings[name] ?? field.label ?? name

function fixedWidth(field: Field): number | undefined {
  return widths[field.kind] ?? (field.kind === 'keyword' && field.values ? wordWidth(field.values) : undefined)
}

function makeColumn(type: LogType, id: string, fields: readonly string[]): Column {
  const field = type.fields[id]!
  const fixed = fixedWidth(field)
  const isHits = field.kind === 'hits'
  const least = fixed ?? (fields.length > 1 ? flexiblePair : isHits ? flexibleHits : flexible)
  const amount = isAmount(field.kind)
  const share = fields.length > 1 || isHits ? 1.7 : 1
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

/** `source_namespace` belongs to `source_name_aggr` and to `source_name`, `policy.namespace` to `policy.name`. */
const isNamespaceOf = (namespace: string | undefined, name: string): boolean =>
  namespace?.endsWith('namespace') === true && name.startsWith(`${namespace.slice(0, -'namespace'.length)}name`)

/** Columns in the order of the names; names that are no field of the log type are left out. */
export function columnsOf(type: LogType, names: readonly string[]): readonly Column[] {
  const known = names.filter((name) => Object.hasOwn(type.fields, name))
  return known.flatMap((name, at) => {
    if (isNamespaceOf(name, known[at + 1] ?? '')) return []
    const before = known[at - 1]
    return [makeColumn(type, name, isNamespaceOf(before, name) ? [before!, name] : [name])]
  })
}

// How a log type is declared: one object with every field's kind, role and documentation. Whatever handles fields in
// general reads these properties and never asks for a field by name.
import type { FieldKind, KindValue, Row } from './kind.ts'

/**
 * - `time`: when; every log type has `start_time` or `time` first.
 * - `dimension`: who and how, from a set that the inventory bounds; part of the series.
 * - `detail`: chosen by the outside world or by a process (addresses, arguments, names asked for); in the row only.
 * - `measure`: a number that adds up over rows by its merge rule.
 */
export type Role = 'time' | 'dimension' | 'detail' | 'measure'

export type Unit = 's' | 'ms' | 'us' | 'ns'

/** How two rows of one key become one. A mean is weighted by another field of the row. */
export type Merge = 'sum' | 'max' | 'min' | 'union' | 'any' | { readonly meanBy: string }

/** How values are brought to one spelling, at the door and in filters alike: `upper` case, or a DNS `name` (lower case, no final dot). */
export type Fold = 'upper' | 'name'

export interface Field<K extends FieldKind = FieldKind> {
  readonly kind: K
  readonly role: Role
  /** A sentence or two, as in the reference page. */
  readonly doc: string
  /** Short heading of a column. */
  readonly label?: string
  /** The closed set of an `enum`, or the usual values of a keyword. */
  readonly values?: readonly string[]
  readonly unit?: Unit
  /** Bits of a counter as stored, 64 unless said. */
  readonly width?: 32 | 64
  readonly merge?: Merge
  readonly fold?: Fold
  /** A measure whose 0 means "not measured", so that it is printed and filtered as absent. */
  readonly zeroIsAbsent?: boolean
  /** Ours, not one of Calico's published fields. */
  readonly ours?: boolean
  /** The field is one member of a list of objects; members of one list have equal lengths. */
  readonly nested?: string
  /** Where a row was sent without this field, it reads as these together, each element once. */
  readonly readsAs?: readonly string[]
  /** Part of the one-minute and one-hour roll-ups. */
  readonly hot?: boolean
  /** Both reports of one conversation say the same here. Where it is not said, each end may tell its own. */
  readonly shared?: boolean
  /** The field stays in the log for old senders; the text says what to use. */
  readonly deprecated?: string
}

type Options<K extends FieldKind> = Omit<Field<K>, 'kind'>

const builder =
  <K extends FieldKind>(kind: K) =>
  <const O extends Options<K>>(options: O): Field<K> & O => ({ kind, ...options })

/** Makes a field of a kind: `field.keyword({ role: 'dimension', doc: '…' })`. */
export const field = {
  timestamp: builder('timestamp'),
  keyword: builder('keyword'),
  enum: builder('enum'),
  text: builder('text'),
  ip: builder('ip'),
  port: builder('port'),
  count: builder('count'),
  bytes: builder('bytes'),
  duration: builder('duration'),
  bool: builder('bool'),
  keywords: builder('keywords'),
  ips: builder('ips'),
  ports: builder('ports'),
  hits: builder('hits'),
  keywordLists: builder('keywordLists'),
} satisfies { [K in FieldKind]: (options: never) => Field<K> }

export type Fields = { readonly [name: string]: Field }

/** Shared fields that together name a conversation. */
export interface Conversation {
  readonly workloads: readonly string[]
  /** These are `-` in reports that were aggregated to workloads, which may be but one of the two. */
  readonly pods: readonly string[]
  /** A row in which this field begins so is nobody's report, whatever a search leaves out. */
  readonly disowned: { readonly field: string; readonly prefix: string }
}

export interface LogType<F extends Fields = Fields> {
  readonly name: string
  /** What people call it: "flow log". */
  readonly title: string
  readonly doc: string
  /** Base of the published index name, for filters on `_index`. */
  readonly indexBase: string
  /** The field that the time range of a question is about. */
  readonly time: string
  /** Column order in which rows are stored after the hour; the first filters are cheapest. */
  readonly sortKey: readonly string[]
  /** What names a conversation, whichever end reports it. Log types whose rows have one reporter have none. */
  readonly conversation?: Conversation
  readonly fields: F
  /** Columns that a log table shows at first. */
  readonly columns: readonly string[]
}

/** The row type of a log type: every field optional, because absent is `undefined`. */
export type RowOf<T extends LogType> = { [N in keyof T['fields']]?: KindValue[T['fields'][N]['kind']] }

/**
 * Checks what the types cannot: that the names a log type refers to are its own fields.
 * Throws a `BUG` error, since a declaration is code.
 */
export function defineLogType<const F extends Fields>(type: LogType<F>): LogType<F> {
  const known = (name: string) => {
    if (!(name in type.fields)) throw new Error(`BUG: log type ${type.name} names the unknown field ${name}`)
  }
  for (const name of [type.time, ...type.sortKey, ...type.columns]) known(name)
  for (const [name, { merge, kind, values, readsAs }] of Object.entries<Field>(type.fields)) {
    if (typeof merge === 'object') known(merge.meanBy)
    readsAs?.forEach(known)
    if (kind === 'enum' && !values) throw new Error(`BUG: enum ${type.name}.${name} has no values`)
  }
  const { workloads = [], pods = [], disowned } = type.conversation ?? {}
  if (disowned) known(disowned.field)
  for (const name of [...workloads, ...pods]) {
    known(name)
    if (!type.fields[name]?.shared) throw new Error(`BUG: ${type.name}.${name} names a conversation and is not shared`)
  }
  return type
}

/** The fields of one role, in catalogue order. */
export function fieldsOf(type: LogType, role: Role): readonly string[] {
  return Object.keys(type.fields).filter((name) => type.fields[name]?.role === role)
}

/** Whether a row has a value for a field, by the field's own rule for zero. Empty texts and lists are absent. */
export function isPresent(field: Field, value: Row[string]): boolean {
  if (value === undefined || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !(field.zeroIsAbsent && (value === 0 || value === 0n))
}

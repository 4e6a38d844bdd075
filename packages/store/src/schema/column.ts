// What a field is at rest: its column's name, type and codec. Exhaustive over the kinds, so that a new kind does not
// compile until it has a column. Nothing here is nullable: absent is the empty text, the empty list, `::`, port 0, time 0,
// and the first word of an enum; a counter that is absent is 0 (see `asStored`).
import type { Field, FieldKind, LogType } from '@margay/model'

export interface Column {
  readonly field: string
  /** The name in the table: see `columnName`. */
  readonly name: string
  readonly kind: FieldKind
  readonly type: string
  readonly codec: string
}

/**
 * The column that holds a field. ClickHouse reads a dot as membership of a nested structure and then wants lists of equal
 * lengths, which policies are not; so a dot is written as two underscores.
 */
export function columnName(field: string): string {
  return field.replaceAll('.', '__')
}

const numbers = 'T64, ZSTD(1)'
/** Deltas are small because rows of one hour and series lie next to each other in order of time. */
const times = 'Delta(4), ZSTD(1)'
const bytes = 'ZSTD(1)'

/** Only what the inventory bounds gets a dictionary: what the world chooses freely would make it grow without end. */
const text = (field: Field) => (field.role === 'dimension' ? 'LowCardinality(String)' : 'String')
const counter = (field: Field) => (field.width === 32 ? 'UInt32' : 'UInt64')

/** Words of an enum by their code; code 0 is absent. */
export const enumWords = (field: Field): readonly string[] =>
  field.kind === 'bool' ? ['', 'false', 'true'] : ['', ...(field.values ?? [])]

const enumType = (field: Field) =>
  `Enum8(${enumWords(field)
    .map((word, code) => `'${word}' = ${code}`)
    .join(', ')})`

const types: { readonly [K in FieldKind]: (field: Field) => string } = {
  timestamp: () => "DateTime('UTC')",
  keyword: text,
  enum: enumType,
  text,
  ip: () => 'IPv6',
  port: () => 'UInt16',
  count: counter,
  bytes: counter,
  duration: counter,
  // A byte either way, and only an enum tells "no" from "not said".
  bool: enumType,
  keywords: (field) => `Array(${text(field)})`,
  ips: () => 'Array(IPv6)',
  ports: () => 'Array(UInt16)',
  hits: (field) => `Array(${text(field)})`,
  keywordLists: (field) => `Array(Array(${text(field)}))`,
}

const codecs: { readonly [K in FieldKind]: string } = {
  timestamp: times,
  keyword: bytes,
  enum: bytes,
  text: bytes,
  ip: bytes,
  port: bytes,
  count: numbers,
  bytes: numbers,
  duration: numbers,
  bool: bytes,
  keywords: bytes,
  ips: bytes,
  ports: bytes,
  hits: bytes,
  keywordLists: bytes,
}

function column(name: string, field: Field): Column {
  return {
    field: name,
    name: columnName(name),
    kind: field.kind,
    type: types[field.kind](field),
    codec: codecs[field.kind],
  }
}

/** The columns of a log type's table, in catalogue order. */
export function columnsOf(type: LogType): readonly Column[] {
  return Object.entries(type.fields).map(([name, field]) => column(name, field))
}

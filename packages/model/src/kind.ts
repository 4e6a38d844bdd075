// The kinds a log field can have. A kind fixes the value's form in memory, in JSON and in a filter, and what "absent"
// means; everything else (column types, encoders, formats, completion) is an exhaustive table over these names, so a new
// kind does not compile until each table has an entry for it.

/** A whole number of up to 64 bits, unsigned: a `number` while it is exact, else a `bigint`. */
export type Integer = number | bigint

/** The value of a field in memory, by kind. An absent value is `undefined`, whatever the kind. */
export interface KindValue {
  /** Unix time in whole seconds. */
  timestamp: number
  /** A name, compared whole and with its case. */
  keyword: string
  /** One of a closed set of words. */
  enum: string
  /** Text for people, searched by word. */
  text: string
  /** An address in its shortest spelling; an IPv4-mapped address is its IPv4 address. */
  ip: string
  /** A transport port, 1 to 65535. */
  port: number
  count: Integer
  bytes: Integer
  /** A duration in the field's unit. */
  duration: Integer
  bool: boolean
  keywords: readonly string[]
  ips: readonly string[]
  ports: readonly number[]
  /** Policy hits as stored text, see policy-hit.ts; filters match within one hit. */
  hits: readonly string[]
  /** One list of names per element of a nested object. */
  keywordLists: readonly (readonly string[])[]
}

export type FieldKind = keyof KindValue
export type Value = KindValue[FieldKind]

/** A row of any log type: present fields only. Typed rows are `RowOf<typeof flowLog>`. */
export type Row = { [field: string]: Value | undefined }

/** Kinds that hold several values: a filter on one is true if any element matches. */
export const listKinds: ReadonlySet<FieldKind> = new Set(['keywords', 'ips', 'ports', 'hits', 'keywordLists'])

/** Kinds whose values are ordered numbers. */
export const numericKinds: ReadonlySet<FieldKind> = new Set(['port', 'count', 'bytes', 'duration', 'ports'])

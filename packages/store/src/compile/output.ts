// How a value leaves the engine and becomes a value of ours: the SQL that selects it and the decoder of what comes. Answers
// come as JSON arrays with bare 64-bit numbers (docs/decisions/0010), so that a decoder is a function of one JSON value.
import type { Field, FieldKind, LogType, Row, Value } from '@margay/model'
import { canonicalIp, parseJsonExact } from '@margay/model'

type Json = unknown
type Decode = (json: Json, field: Field) => Value | undefined

interface Output {
  /** SQL to select, given SQL of the value. */
  readonly select: (sql: string) => string
  readonly decode: Decode
}

const asIs = (sql: string) => sql
const textOrAbsent: Decode = (json) => (json === '' ? undefined : (json as string))
const listOrAbsent: Decode = (json) => ((json as readonly Json[]).length === 0 ? undefined : (json as Value))

function decodeAddress(text: string): string {
  // Fast path: an IPv4 address is mapped, and every other address but the odd one is printed as we do.
  if (text.startsWith('::ffff:') && text.includes('.')) return text.slice(7)
  return text.includes('.') ? canonicalIp(text)! : text
}

const counter: Output = {
  select: asIs,
  decode: (json, field) => (json === 0 && field.zeroIsAbsent ? undefined : (json as number | bigint)),
}
const text: Output = { select: asIs, decode: textOrAbsent }
const list: Output = { select: asIs, decode: listOrAbsent }
const zeroIsAbsent: Decode = (json) => (json === 0 ? undefined : (json as number))

const outputs: { readonly [K in FieldKind]: Output } = {
  timestamp: { select: (sql) => `toUnixTimestamp(${sql})`, decode: zeroIsAbsent },
  keyword: text,
  enum: text,
  text,
  ip: { select: asIs, decode: (json) => (json === '::' ? undefined : decodeAddress(json as string)) },
  port: { select: asIs, decode: zeroIsAbsent },
  count: counter,
  bytes: counter,
  duration: counter,
  bool: { select: asIs, decode: (json) => (json === '' ? undefined : json === 'true') },
  keywords: list,
  ips: { select: asIs, decode: (json, field) => listOrAbsent((json as readonly string[]).map(decodeAddress), field) },
  ports: list,
  hits: list,
  keywordLists: list,
}

export const selectOf = (field: Field, sql: string): string => outputs[field.kind].select(sql)

/** A value of a field's kind; undefined where it is absent. */
export const decodeValue = (field: Field, json: Json): Value | undefined => outputs[field.kind].decode(json, field)

/** The kind of a list's element, for groupings by element. */
export const elementKind: { readonly [K in FieldKind]: FieldKind } = {
  timestamp: 'timestamp',
  keyword: 'keyword',
  enum: 'enum',
  text: 'text',
  ip: 'ip',
  port: 'port',
  count: 'count',
  bytes: 'bytes',
  duration: 'duration',
  bool: 'bool',
  keywords: 'keyword',
  ips: 'ip',
  ports: 'port',
  hits: 'keyword',
  keywordLists: 'keyword',
}

/** Makes a decoder of rows whose values come in the order of `fields`. */
export function rowDecoder(type: LogType, fields: readonly string[]): (values: readonly Json[]) => Row {
  const decoders = fields.map((name) => {
    const field = type.fields[name]!
    const { decode } = outputs[field.kind]
    return { name, field, decode }
  })
  return (values) => {
    const row: Row = {}
    for (let i = 0; i < decoders.length; i++) {
      const { name, field, decode } = decoders[i]!
      const value = decode(values[i], field)
      if (value !== undefined) row[name] = value
    }
    return row
  }
}

/** An engine's answer in the format JSONCompact. */
export interface EngineOutput {
  readonly data: readonly (readonly Json[])[]
  /** Rows that the engine read to find them. */
  readonly rowsRead: number
}

const decoder = new TextDecoder()

/** A bare number that may not fit a double. Within a text it does no harm: it only costs the slow path. */
const longNumber = /[[,:]\s*\d{16}/

export function parseOutput(bytes: Uint8Array): EngineOutput {
  const text = decoder.decode(bytes)
  // Fast path: exact parsing looks at every value a second time, and most answers have no long number.
  const parsed = longNumber.test(text) ? parseJsonExact(text) : JSON.parse(text)
  const { data, statistics } = parsed as { data: Json[][]; statistics: { rows_read: number } }
  return { data, rowsRead: statistics.rows_read }
}

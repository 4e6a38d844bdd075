// The text of a field's value, by the field's kind: a new kind does not compile until it has a format here.
import { printJsonExact, type Field, type FieldKind, type Integer, type KindValue, type Value } from '@margay/model'
import { formatBytes, formatCount, formatDuration } from './number.ts'
import { formatTime } from './time.ts'

interface Context {
  readonly field: Field
  readonly zone: string
}

type Format<K extends FieldKind> = (value: KindValue[K], context: Context) => string

const asIs = (text: string): string => text
const list = (values: readonly (string | number)[]): string => values.join(', ')

const formats: { [K in FieldKind]: Format<K> } = {
  timestamp: (seconds, { zone }) => formatTime(seconds, zone),
  keyword: asIs,
  enum: asIs,
  text: asIs,
  ip: asIs,
  port: String,
  count: formatCount,
  bytes: formatBytes,
  duration: (value, { field }) => formatDuration(value, field.unit),
  bool: (value) => (value ? 'yes' : 'no'),
  keywords: list,
  ips: list,
  ports: list,
  hits: list,
  keywordLists: (lists) => list(lists.map(list)),
}

/** The value for people. Absent values have no text: what stands in their place is for whoever draws. */
export function formatValue(field: Field, value: Value, zone: string): string {
  const format = formats[field.kind] as (value: Value, context: Context) => string
  return format(value, { field, zone })
}

const isInteger = (value: Value): value is Integer => typeof value === 'number' || typeof value === 'bigint'

/** The value with every digit, for tooltips and copies; undefined where the short text already is that. */
export function exactValue(field: Field, value: Value): string | undefined {
  if (field.kind === 'bytes' && isInteger(value) && Number(value) >= 1000) return `${formatCount(value)} bytes`
  if (field.kind === 'duration' && isInteger(value)) return `${formatCount(value)} ${field.unit}`
  return field.kind === 'timestamp' ? `${String(value)} Unix seconds` : undefined
}

/** The value as it stands in the record's JSON. */
export const rawValue = (value: Value): string => (typeof value === 'string' ? value : printJsonExact(value))

const right: ReadonlySet<FieldKind> = new Set(['count', 'bytes', 'duration'])

/** Whether figures of the kind stand right-aligned. Ports are names, not amounts. */
export const isAmount = (kind: FieldKind): boolean => right.has(kind)

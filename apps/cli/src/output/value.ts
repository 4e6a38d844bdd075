// One value of a field as people read it, by the field's kind.
import type { Field, FieldKind, KindValue, Value } from '@margay/model'
import { listKinds, numericKinds } from '@margay/model'
import { formatBytes, formatCount, formatDuration, formatTime } from './numbers.ts'
import { safeText } from './safe-text.ts'

export interface ValueOptions {
  readonly now: Date
  readonly utc: boolean
}

type Format<K extends FieldKind> = (value: KindValue[K], field: Field, options: ValueOptions) => string

const list = (values: readonly (string | number)[]) => values.map((value) => safeText(String(value))).join(', ')

const formats: { readonly [K in FieldKind]: Format<K> } = {
  timestamp: (seconds, _, { now, utc }) => formatTime(seconds, now, utc),
  keyword: safeText,
  enum: safeText,
  text: safeText,
  ip: String,
  port: String,
  count: (value) => formatCount(value),
  bytes: (value) => formatBytes(value),
  duration: (value, { unit }) => formatDuration(value, unit ?? 's'),
  bool: (value) => (value ? 'yes' : 'no'),
  keywords: list,
  ips: list,
  ports: list,
  hits: list,
  keywordLists: (values) => values.map(list).join('; '),
}

/** Absent is a dash. Groups by a list have one of its elements as their key, which is printed like the list. */
export function formatValue(value: Value | undefined | null, field: Field, options: ValueOptions): string {
  if (value === undefined || value === null) return '–'
  if (listKinds.has(field.kind) && typeof value !== 'object') return safeText(String(value))
  return (formats[field.kind] as Format<FieldKind>)(value, field, options)
}

export const isNumeric = ({ kind }: Field): boolean => numericKinds.has(kind) || kind === 'duration'

/** A figure of no field: rows, distinct values. */
export function formatFigure(value: Value | undefined | null): string {
  if (value === undefined || value === null) return '–'
  return typeof value === 'number' || typeof value === 'bigint' ? formatCount(value) : safeText(String(value))
}

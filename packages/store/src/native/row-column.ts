// Columns whose values come with each row: times, details and measures. One writer per kind.
import type { Field, FieldKind, KindValue } from '@margay/model'
import type { ColumnWriter } from './column-writer.ts'
import { narrow, wide } from './number-writers.ts'
import { addresses, lists, texts, words } from './value-writers.ts'

const narrow32 = (rows: number) => narrow(new Uint32Array(rows))
const counter = (rows: number, field: Field) => (field.width === 32 ? narrow32(rows) : wide(rows))

type Writers = { readonly [K in FieldKind]: (rows: number, field: Field) => ColumnWriter<KindValue[K]> }

const writers: Writers = {
  timestamp: narrow32,
  keyword: texts,
  enum: words,
  text: texts,
  ip: addresses,
  port: (rows) => narrow(new Uint16Array(rows)),
  count: counter,
  bytes: counter,
  duration: counter,
  bool: words,
  keywords: (rows) => lists(rows, texts(rows)),
  ips: (rows) => lists(rows, addresses(rows)),
  ports: (rows) => lists(rows, narrow(new Uint16Array(rows))),
  hits: (rows) => lists(rows, texts(rows)),
  keywordLists: (rows) => lists(rows, lists(rows, texts(rows))),
}

/** Room for so many rows where nobody knows better. */
const fewRows = 256

/**
 * A writer for a field's values, one for each row. Its texts are plain, whatever the table's column is. With room for the
 * rows that come it need not grow, and old buffers are what the collector spends most of its time on.
 */
export function rowColumn(field: Field, rows = fewRows): ColumnWriter<unknown> {
  return writers[field.kind](rows, field)
}

/** The type that `rowColumn` writes: the table's, with plain texts. */
export const plainType = (type: string): string => type.replaceAll('LowCardinality(String)', 'String')

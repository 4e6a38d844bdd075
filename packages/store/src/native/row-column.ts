// Columns whose values come with each row: times, details and measures. One writer per kind.
import type { Field, FieldKind, KindValue } from '@margay/model'
import type { ColumnWriter } from './column-writer.ts'
import { narrow, wide } from './number-writers.ts'
import { addresses, lists, texts, words } from './value-writers.ts'

const counter = (field: Field) => (field.width === 32 ? narrow((size) => new Uint32Array(size)) : wide())

type Writers = { readonly [K in FieldKind]: (field: Field) => ColumnWriter<KindValue[K]> }

const writers: Writers = {
  timestamp: () => narrow((size) => new Uint32Array(size)),
  keyword: texts,
  enum: words,
  text: texts,
  ip: addresses,
  port: () => narrow((size) => new Uint16Array(size)),
  count: counter,
  bytes: counter,
  duration: counter,
  bool: words,
  keywords: () => lists(texts()),
  ips: () => lists(addresses()),
  ports: () => lists(narrow((size) => new Uint16Array(size))),
  hits: () => lists(texts()),
  keywordLists: () => lists(lists(texts())),
}

/** A writer for a field's values, one for each row. Its texts are plain, whatever the table's column is. */
export function rowColumn(field: Field): ColumnWriter<unknown> {
  return writers[field.kind](field)
}

/** The type that `rowColumn` writes: the table's, with plain texts. */
export const plainType = (type: string): string => type.replaceAll('LowCardinality(String)', 'String')

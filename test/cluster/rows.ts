// What stored rows say together.
import type { Row } from './product.ts'

/** The values of a field, each once, sorted. */
export const distinct = (rows: readonly Row[], field: string): string[] =>
  [...new Set(rows.map((row) => String(row[field])))].toSorted()

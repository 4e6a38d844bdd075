// Stored rows as tests ask for them, and what they say together.
import { until } from './parts/command.ts'
import type { ClusterProduct, Row } from './product.ts'

/** Rows of a search, once there are some. */
export const found = (product: ClusterProduct, logType: 'flows' | 'dns', query: string): Promise<readonly Row[]> =>
  until(
    `rows of ${query}`,
    async () => {
      const rows = await product.rows(logType, query)
      return rows.length > 0 && rows
    },
    { why: () => product.output(), everyMs: 500 },
  )

/** The values of a field, each once, sorted. */
export const distinct = (rows: readonly Row[], field: string): string[] =>
  [...new Set(rows.map((row) => String(row[field])))].toSorted()

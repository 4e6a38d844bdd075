// Which of two reports counts, for records that come finished from elsewhere and do not say so: `src` always, `dst` only
// where nobody reported the source in that time. Senders write both reports of a conversation near each other, so what was
// seen of a source's own reports in the last while decides. The memory is bounded by what senders can name.
import { setNewest } from '@margay/kit'
import type { Row } from '@margay/model'

export interface Coverage {
  /** Completes `counts` where a row has none. Rows that are judged together should come together. */
  complete(rows: readonly Row[]): readonly Row[]
}

/** Longer than any sender's interval, so that the two reports of one conversation fall into the same or neighbouring spans. */
const spanSeconds = 300
/** Sources and spans that are remembered; the oldest go first. */
const maxRemembered = 100_000

const sourceOf = ({ cluster, source_namespace, source_name_aggr }: Row, span: number): string =>
  [cluster ?? '', source_namespace ?? '', source_name_aggr ?? '', span].map(String).join('\u0000')

const spanOf = (row: Row): number => Math.floor(Number(row.start_time) / spanSeconds)

export function createCoverage(): Coverage {
  const reported = new Map<string, true>()

  const remember = (row: Row) => {
    setNewest(reported, sourceOf(row, spanOf(row)), true, maxRemembered)
  }
  const isCovered = (row: Row) => {
    const span = spanOf(row)
    return [span, span - 1, span + 1].some((near) => reported.has(sourceOf(row, near)))
  }
  const counts = (row: Row): boolean => {
    if (row.reporter === 'src') return true
    return row.reporter === 'dst' && !isCovered(row)
  }
  return {
    complete(rows) {
      for (const row of rows) if (row.reporter === 'src') remember(row)
      return rows.map((row) => (row.counts === undefined ? { ...row, counts: counts(row) } : row))
    },
  }
}

// Rows that came in live, newest first. Pure. Provisional rows are of the last second and are taken away when the lasting
// rows of their interval come. While paused, rows wait and are counted; the oldest go when there are too many.
import type { Row } from '@margay/model'

export interface LiveRows {
  readonly rows: readonly Row[]
  readonly provisional: ReadonlySet<Row>
  /** What came in while paused. */
  readonly waiting: readonly Row[]
  readonly paused: boolean
  /** Rows that had to go because of the limit; they are in the store, not in this table. */
  readonly dropped: number
}

export const noLiveRows: LiveRows = { rows: [], provisional: new Set(), waiting: [], paused: false, dropped: 0 }

/** More than a person reads, and what a table of virtual rows holds with ease. */
export const liveLimit = 5000

const timeOf = (row: Row, field: string): number => Number(row[field] ?? 0)

function newestFirst(rows: readonly Row[], time: string): readonly Row[] {
  return rows.toSorted((a, b) => timeOf(b, time) - timeOf(a, time))
}

/** Takes in rows. Those of one delivery stay together at the top, newest first, so that nothing enters in the middle. */
export function takeIn(live: LiveRows, arrived: readonly Row[], isProvisional: boolean, time: string): LiveRows {
  if (arrived.length === 0) return live
  if (live.paused)
    return { ...live, waiting: isProvisional ? live.waiting : [...arrived, ...live.waiting].slice(0, liveLimit) }
  const kept = isProvisional ? live.rows : withoutReplaced(live, arrived)
  const all = [...newestFirst(arrived, time), ...kept]
  const rows = all.slice(0, liveLimit)
  const before = isProvisional ? live.provisional : new Set(kept.filter((row) => live.provisional.has(row)))
  const provisional = isProvisional ? new Set([...before, ...arrived]) : before
  return { ...live, rows, provisional, dropped: live.dropped + all.length - rows.length }
}

/** The rows but those provisional ones that began before the lasting ones ended. */
function withoutReplaced(live: LiveRows, lasting: readonly Row[]): readonly Row[] {
  const until = lasting.reduce((latest, row) => Math.max(latest, timeOf(row, 'end_time')), 0)
  return live.rows.filter((row) => !live.provisional.has(row) || timeOf(row, 'start_time') >= until)
}

export const pause = (live: LiveRows): LiveRows => ({ ...live, paused: true })

/** Shows what waited. */
export const resume = (live: LiveRows, time: string): LiveRows =>
  takeIn({ ...live, paused: false, waiting: [] }, live.waiting, false, time)

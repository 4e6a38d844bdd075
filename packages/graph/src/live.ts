// Rows that arrive after the answer that a graph was drawn from. Lasting rows are added for good. Provisional rows are what
// the last second held; the lasting row that covers them takes their place, and one that never comes ends them by age. A
// lasting row comes a second or two after its interval: what its conversation did since then is not covered by it and stays.
import type { Row } from '@margay/model'
import { createGroupTable } from './group-table.ts'
import type { GroupTable } from './group-table.ts'

/** A lasting row comes every ten seconds and may be late by as much again; then a provisional row is given up. */
export const provisionalSeconds = 25

export interface LiveOverlay {
  /** What mergeReporters takes beside the stored table. */
  readonly tables: readonly GroupTable[]
  /** Forgets the lasting rows, which a new answer of the store holds; provisional ones are in no answer and stay. */
  restart(): void
  addLasting(rows: readonly Row[]): void
  /** `now` in Unix seconds. */
  addProvisional(rows: readonly Row[], now: number): void
  /** Gives up provisional rows whose time is over; says whether any was. */
  expire(now: number): boolean
}

/** A provisional row and when it came, Unix seconds. */
interface Held {
  readonly row: Row
  readonly at: number
}

const endOf = ({ end_time: end }: Row): number => Number(end ?? 0)

export function createLiveOverlay(): LiveOverlay {
  let lasting = createGroupTable()
  const provisional = createGroupTable()
  const held = new Map<string, readonly Held[]>()
  const keep = (key: string, rows: readonly Held[]) => {
    provisional.clear(key)
    for (const { row } of rows) provisional.addRow(row)
    if (rows.length > 0) held.set(key, rows)
    else held.delete(key)
  }
  const cover = (row: Row) => {
    const key = provisional.keyOf(row)
    const rows = held.get(key)
    if (rows)
      keep(
        key,
        rows.filter((other) => endOf(other.row) > endOf(row)),
      )
  }
  return {
    get tables() {
      return [lasting, provisional]
    },
    restart() {
      lasting = createGroupTable()
    },
    addLasting(rows) {
      for (const row of rows) {
        lasting.addRow(row)
        if (held.size > 0) cover(row)
      }
    },
    addProvisional(rows, now) {
      for (const row of rows) {
        provisional.addRow(row)
        const key = provisional.keyOf(row)
        held.set(key, [...(held.get(key) ?? []), { row, at: now }])
      }
    },
    expire(now) {
      let hadOld = false
      for (const [key, rows] of held) {
        const fresh = rows.filter(({ at }) => now - at <= provisionalSeconds)
        if (fresh.length === rows.length) continue
        hadOld = true
        keep(key, fresh)
      }
      return hadOld
    },
  }
}

// Rows that arrive after the answer that a graph was drawn from. Lasting rows are added for good. Provisional rows are what
// the last second held; the lasting row that covers them takes their place, and one that never comes ends them by age.
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

export function createLiveOverlay(): LiveOverlay {
  let lasting = createGroupTable()
  const provisional = createGroupTable()
  const seenAt = new Map<string, number>()
  const forget = (key: string) => {
    provisional.clear(key)
    seenAt.delete(key)
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
        if (seenAt.size > 0) forget(provisional.keyOf(row))
      }
    },
    addProvisional(rows, now) {
      for (const row of rows) {
        provisional.addRow(row)
        seenAt.set(provisional.keyOf(row), now)
      }
    },
    expire(now) {
      const old = [...seenAt].filter(([, at]) => now - at > provisionalSeconds)
      for (const [key] of old) forget(key)
      return old.length > 0
    },
  }
}

// What the judge tells of itself: how many rows it judged, and of how many it could not tell or what was seen disagreed.
import type { Judgement } from './judgements.ts'

export interface Tally {
  /** Rows since the start. */
  readonly judged: number
  readonly unknown: number
  readonly conflicts: number
  readonly lastConflict: string | undefined
  /** Unix seconds. */
  readonly lastConflictAt: number
  /** A fact that was missing last. */
  readonly lastMissing: string | undefined
}

export function createTally() {
  const tally = { judged: 0, unknown: 0, conflicts: 0, lastConflictAt: 0 }
  let lastConflict: string | undefined
  let lastMissing: string | undefined
  return {
    /** A row that ended at Unix seconds. */
    count({ isUnknown, isConflict, fields }: Judgement, end: number): void {
      tally.judged += 1
      if (isUnknown) {
        tally.unknown += 1
        lastMissing = (fields['evidence_missing'] as readonly string[] | undefined)?.[0] ?? lastMissing
      }
      if (isConflict) {
        tally.conflicts += 1
        tally.lastConflictAt = end
        lastConflict = fields['evidence_conflict'] as string
      }
    },
    now: (): Tally => ({ ...tally, lastConflict, lastMissing }),
  }
}

// Who sends us records: how many came, how many come now, when the last one came. Counting only; what a source says of
// itself (version, collectors) is kept by whoever talks to it.
import { setNewest } from '@margay/kit'
import type { Source } from '@margay/wire'
import type { Intake } from '../receivers/intake.ts'

export type SourceKind = Source['kind']

export interface Arrival {
  readonly id: string
  readonly kind: SourceKind
  readonly rows: number
  /** Unix seconds. */
  readonly now: number
}

export interface SourceCount {
  readonly id: string
  readonly kind: SourceKind
  readonly rowsTotal: number
  /** Mean of the last ten seconds. */
  readonly rowsPerSecond: number
  readonly lastSeen: number
}

export interface Sources {
  note(arrival: Arrival): void
  list(now: number): readonly SourceCount[]
}

const window = 10
/** Senders that name themselves are bounded; the one that was silent longest is forgotten. */
const maxSources = 10_000

interface Entry {
  readonly kind: SourceKind
  total: number
  lastSeen: number
  /** Rows of each of the last seconds, by second modulo the window. */
  readonly seconds: Float64Array
  readonly of: Float64Array
}

export function createSources(): Sources {
  const entries = new Map<string, Entry>()
  const entryOf = (id: string, kind: SourceKind): Entry => {
    const entry = entries.get(id) ?? {
      kind,
      total: 0,
      lastSeen: 0,
      seconds: new Float64Array(window),
      of: new Float64Array(window),
    }
    return setNewest(entries, id, entry, maxSources)
  }
  return {
    note({ id, kind, rows, now }) {
      const entry = entryOf(id, kind)
      const slot = now % window
      if (entry.of[slot] !== now) entry.seconds[slot] = 0
      entry.of[slot] = now
      entry.seconds[slot]! += rows
      entry.total += rows
      entry.lastSeen = now
    },
    list: (now) =>
      [...entries].map(([id, { kind, total, lastSeen, seconds, of }]) => {
        const recent = seconds.reduce((sum, rows, slot) => (now - of[slot]! < window ? sum + rows : sum), 0)
        return { id, kind, rowsTotal: total, rowsPerSecond: recent / window, lastSeen }
      }),
  }
}

/** An intake whose rows are counted under the name of whoever sends them. */
export function countedIntake(
  intake: Intake,
  kind: SourceKind,
  { sources, now }: { readonly sources: Sources; readonly now: () => number },
): Intake {
  return {
    async append(batch) {
      const answer = await intake.append(batch)
      if (!answer.duplicate) sources.note({ id: batch.source.id, kind, rows: batch.rows.length, now: now() })
      return answer
    },
  }
}

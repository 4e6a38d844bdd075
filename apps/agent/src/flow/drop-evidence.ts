// What went wrong lately by the tuple of the packet: drops first of all, so that a connection that came to nothing can be
// told from one whose packets a rule threw away. Bounded: the least recently used goes first.
import { createRecent } from './recent.ts'

export interface DropEvidence {
  /** `key` is the tuple as in a record of the connection's source; `isAnswer`: what was lost went the other way. */
  note(key: string, reason: string, nowMs: number, isAnswer?: boolean): Drops
  /** What was dropped of a connection lately. */
  find(key: string, nowMs: number): Drops | undefined
}

/** What was seen of one tuple lately. */
export interface Drops {
  readonly reason: string
  readonly isAnswer: boolean
  /** Milliseconds of the first. */
  readonly first: number
  readonly last: number
  readonly times: number
  /** The flow table's interval in which it was last kept as an exemplar; whoever keeps it sets this. */
  keptIn: number | undefined
}

/** Longer than a SYN is repeated by default (127 s). */
const keepMs = 150_000
const maxDrops = 16_384

/**
 * What is sent again is sent after at most twice the time that it took so far, or soon. Later the tuple is another
 * connection's, whose client was given the same port.
 */
const patienceMs = 10_000

export function createDropEvidence(): DropEvidence {
  const drops = createRecent<Drops>(maxDrops)
  const isSameConnection = ({ first, last }: Drops, nowMs: number) => nowMs - last <= 2 * (last - first) + patienceMs
  const find = (key: string, nowMs: number) => {
    const found = drops.get(key)
    return found && nowMs - found.last < keepMs ? found : undefined
  }
  return {
    note(key, reason, nowMs, isAnswer = false) {
      const found = find(key, nowMs)
      const before = found && isSameConnection(found, nowMs) ? found : undefined
      const noted: Drops = {
        reason,
        isAnswer,
        first: before?.first ?? nowMs,
        last: nowMs,
        times: (before?.times ?? 0) + 1,
        keptIn: before?.keptIn,
      }
      drops.set(key, noted)
      return noted
    },
    find,
  }
}

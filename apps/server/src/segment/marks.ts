// How far each sender's batches are taken: the high-water mark of every (source, epoch). A batch at or below its mark was
// taken before. Marks run ahead of the disk while a segment is open; when it is synced they are durable, when it fails they
// fall back, so that what was not kept is taken again. Sequences have no gaps: a batch that skips one is not taken, for the
// one before it may still fail.
import { setNewest } from '@margay/kit'

export interface BatchName {
  /** The agent's name, or the door and the kind of what came by it. */
  readonly source: string
  readonly epoch: string
  /** An epoch begins with 0 or 1. */
  readonly sequence: number
}

/** `[source, epoch, sequence]` as it is written to disk. */
export type MarkEntry = readonly [source: string, epoch: string, sequence: number]

export type Standing = 'new' | 'open' | 'durable' | 'gap'

export interface Marks {
  /** `open`: taken, and in the segment that is not synced yet. */
  standing(batch: BatchName): Standing
  /** Takes a batch that is `new`. */
  take(batch: BatchName): void
  /** What was taken since the last segment. */
  opened(): readonly MarkEntry[]
  /** The open segment was synced. */
  settle(): void
  /** The open segment was lost. */
  fallBack(): void
  /** Marks that were read from disk. */
  restore(entries: readonly MarkEntry[]): void
  /** All durable marks. */
  durable(): readonly MarkEntry[]
}

/**
 * Epochs that are remembered for each source; the one that was longest without a batch goes first. An agent makes one in
 * ten minutes and sends its oldest first, so this is far more than it can ever come back to.
 */
const maxEpochs = 1024

export function createMarks(): Marks {
  const durable = new Map<string, Map<string, number>>()
  const open = new Map<string, Map<string, number>>()

  const raise = (marks: Map<string, Map<string, number>>, [source, epoch, sequence]: MarkEntry) => {
    const epochs = marks.get(source) ?? new Map<string, number>()
    marks.set(source, epochs)
    const mark = Math.max(sequence, epochs.get(epoch) ?? -1)
    setNewest(epochs, epoch, mark, maxEpochs)
  }
  const entriesOf = (marks: Map<string, Map<string, number>>): MarkEntry[] =>
    [...marks].flatMap(([source, epochs]) => [...epochs].map(([epoch, mark]): MarkEntry => [source, epoch, mark]))
  return {
    standing({ source, epoch, sequence }) {
      const synced = durable.get(source)?.get(epoch)
      const taken = open.get(source)?.get(epoch) ?? synced
      if (synced !== undefined && sequence <= synced) return 'durable'
      if (taken === undefined) return sequence <= 1 ? 'new' : 'gap'
      if (sequence <= taken) return 'open'
      return sequence === taken + 1 ? 'new' : 'gap'
    },
    take: ({ source, epoch, sequence }) => raise(open, [source, epoch, sequence]),
    opened: () => entriesOf(open),
    settle() {
      for (const entry of entriesOf(open)) raise(durable, entry)
      open.clear()
    },
    fallBack: () => open.clear(),
    restore(entries) {
      for (const entry of entries) raise(durable, entry)
    },
    durable: () => entriesOf(durable),
  }
}

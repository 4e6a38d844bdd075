// Merges batches into segments and says when they are durable. Rows go into one block builder for each log type; after a
// second, or at so many rows, the builders' blocks and the marks of all batches are written and synced, and only then do
// the batches' promises resolve. A segment that cannot be written is thrown away as a whole: its batches reject, the marks
// fall back, and the senders, who were told nothing, send again.
import { randomBytes } from 'node:crypto'
import type { Clock } from '@margay/kit'
import { systemClock } from '@margay/kit'
import type { Block, BlockBuilder } from '@margay/store'
import type { BatchName, Marks, Standing } from './marks.ts'
import type { Segment, SegmentDirectory } from './segment-file.ts'
import { numberOf } from './segment-file.ts'

export interface SegmentsConfig {
  /** A segment is sealed at the latest so long after its first batch. */
  readonly maxAgeMs: number
  readonly maxRows: number
  /** Segments that wait for the store; over it nothing is taken and senders keep what they have. */
  readonly maxWaitingBytes: number
}

export interface SealedSegment {
  readonly path: string
  /** What the file holds, so that it need not be read again at once. */
  readonly segment: Segment
}

export interface SegmentsDeps {
  readonly directory: SegmentDirectory
  readonly marks: Marks
  readonly builderOf: (logType: string) => BlockBuilder
  readonly logTypes: readonly string[]
  readonly clock?: Clock
  /** Called before a segment is written, for what its rows rest on; where it throws the segment fails. */
  readonly onSealing?: () => void
  /** A segment is on disk; its insert comes next. */
  readonly onSealed: (segment: SealedSegment) => void
  readonly onFailed: (error: Error) => void
}

/** The batch could not be made durable; sending it again later is right. */
export class NotDurableError extends Error {
  override readonly name = 'NotDurableError'
}

export interface Segments {
  /** Whether the disk has room for more. */
  readonly isFull: boolean
  standing(batch: BatchName): Standing
  /** The builder that a batch's rows go into, between `standing` and `commit` and without waiting. */
  builder(logType: string): BlockBuilder
  /** Ends a batch that is `new`; resolves when it is durable and rejects with NotDurableError. */
  commit(batch: BatchName): Promise<void>
  /** Resolves when the open segment is durable: for batches that are `open`. */
  settled(): Promise<void>
  /** Writes what is open, now. */
  seal(): void
}

interface Open {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

export function createSegments(config: SegmentsConfig, deps: SegmentsDeps): Segments {
  const { directory, marks } = deps
  const clock = deps.clock ?? systemClock
  const builders = new Map(deps.logTypes.map((name) => [name, deps.builderOf(name)]))
  let open: Open | undefined
  let lastNumber = Math.max(0, ...directory.list().map(numberOf))

  const begin = (): Open => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Whoever waits hears of a rejection; where nobody does it must not end the process.
    promise.catch(() => {})
    return { promise, resolve, reject, timer: setTimeout(seal, config.maxAgeMs) }
  }
  const rows = () => [...builders.values()].reduce((sum, builder) => sum + builder.rows, 0)
  const takeBlocks = (id: string): Block[] =>
    [...builders].flatMap(([logType, builder]) =>
      builder
        .take()
        .map((part): Block => ({ logType, token: `${id}-${logType}-${part.day}`, rows: part.rows, parts: part.parts })),
    )
  function seal(): void {
    if (!open) return
    const sealed = open
    open = undefined
    clearTimeout(sealed.timer)
    // Random beside the time: a token must never be used for other rows, even where a directory was restored from a copy.
    const id = `${clock().toString(36)}${randomBytes(6).toString('hex')}`
    const segment = { number: ++lastNumber, id, marks: marks.opened(), blocks: takeBlocks(id) }
    try {
      deps.onSealing?.()
      const { path } = directory.write(segment)
      marks.settle()
      sealed.resolve()
      deps.onSealed({ path, segment })
    } catch (error) {
      marks.fallBack()
      deps.onFailed(error as Error)
      sealed.reject(new NotDurableError('writing a segment failed', { cause: error }))
    }
  }
  return {
    get isFull() {
      return directory.bytes() > config.maxWaitingBytes
    },
    standing: (batch) => marks.standing(batch),
    builder(logType) {
      const builder = builders.get(logType)
      if (!builder) throw new Error(`BUG: no builder for log type ${logType}`)
      return builder
    },
    commit(batch) {
      marks.take(batch)
      open ??= begin()
      const { promise } = open
      if (rows() >= config.maxRows) seal()
      return promise
    },
    settled: () => open?.promise ?? Promise.resolve(),
    seal,
  }
}

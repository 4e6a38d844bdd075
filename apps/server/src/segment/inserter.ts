// Brings segments from disk into the store, oldest first, and removes them. A segment is the unit of insert and its id the
// token, so whatever is tried twice counts once; after a crash the segments that are found are simply inserted again. One
// that the store refuses for good is set aside, loudly, and the next goes on.
import type { Logger, Queue, Stage } from '@margay/kit'
import { createBackoff, createQueue, sleep } from '@margay/kit'
import type { Block } from '@margay/store'
import type { Marks } from './marks.ts'
import type { Segment, SegmentDirectory } from './segment-file.ts'

export interface InserterDeps {
  readonly directory: SegmentDirectory
  readonly marks: Marks
  readonly insert: (block: Block) => Promise<void>
  readonly log: Logger
  readonly stage: Stage
}

export interface Inserter {
  /**
   * A segment that is on disk; with `segment` it need not be read from there. Resolves when questions find its rows, or
   * when it was set aside.
   */
  add(path: string, segment?: Segment): Promise<void>
  readonly waiting: number
  run(signal: AbortSignal): Promise<void>
}

interface Waiting {
  readonly path: string
  readonly segment: Segment | undefined
  readonly done: () => void
}

/** An engine that fails so often with an error that no retry mends will not take this segment. */
const triesBeforeAside = 5

/** Segments that wait in memory as well as on disk. When the store falls behind, the others are read when their turn comes. */
const keptInMemory = 2

/** A checkpoint costs two syncs and rewrites all marks; a head costs one small file until then. */
const releasedBeforeCheckpoint = 32

const isForGood = (error: unknown): boolean => (error as { retry?: unknown }).retry === false

export function createInserter(deps: InserterDeps): Inserter {
  const queue: Queue<Waiting> = createQueue({ limit: Number.MAX_SAFE_INTEGER, whenFull: 'refuse' })
  const add = (path: string, segment?: Segment) =>
    new Promise<void>((done) => queue.push({ path, segment: queue.length < keptInMemory ? segment : undefined, done }))

  const insertBlock = async (block: Block, signal: AbortSignal): Promise<boolean> => {
    const backoff = createBackoff({ firstMs: 100, mostMs: 5_000 })
    while (!signal.aborted) {
      try {
        await deps.insert(block)
        return true
      } catch (error) {
        if (signal.aborted) return false
        deps.log.warn('store did not take a block; it is tried again', {
          error: error as Error,
          tries: backoff.failures,
        })
        deps.stage.set({
          state: 'degraded',
          detail: `the store does not take rows: ${(error as Error).message}`,
          hint: 'what was acknowledged waits on disk and is not lost',
        })
        if (isForGood(error) && backoff.failures >= triesBeforeAside) throw error
        await sleep(backoff.next(), signal)
      }
    }
    return false
  }
  const setAside = (path: string, rows: number, error: Error) => {
    const kept = deps.directory.setAside(path)
    deps.stage.lose('set_aside_rows', rows)
    deps.log.error('a segment cannot be inserted and is set aside', { kept, rows, error })
  }
  const insertSegment = async ({ path, segment: kept }: Waiting, signal: AbortSignal): Promise<boolean> => {
    let segment = kept
    try {
      segment ??= deps.directory.read(path)
      for (const block of segment.blocks) if (!(await insertBlock(block, signal))) return false
    } catch (error) {
      const rows = segment?.blocks.reduce((sum, block) => sum + block.rows, 0) ?? 0
      setAside(path, rows, error as Error)
      return true
    }
    deps.directory.release(path)
    deps.stage.set({ state: 'ok' })
    if (deps.directory.released >= releasedBeforeCheckpoint) checkpoint()
    return true
  }
  /** May fail on a full disk and is then done later: the heads hold the same marks. */
  const checkpoint = () => {
    try {
      deps.directory.checkpoint(deps.marks.durable())
    } catch (error) {
      deps.log.warn('writing the checkpoint of marks failed; it is tried again', { error: error as Error })
    }
  }
  return {
    add,
    get waiting() {
      return queue.length
    },
    async run(signal) {
      deps.stage.set({ state: 'ok' })
      while (!signal.aborted) {
        const next = await queue.take(signal)
        if (!next) return
        const isDone = await insertSegment(next, signal)
        if (isDone) next.done()
        else queue.unshift(next)
      }
    },
  }
}

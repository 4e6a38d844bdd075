// The embedded store: one data directory, chDB in a child process behind the guard. `open` makes or migrates the
// directory; everything else may then be called from anywhere in the process, at once.
import { mkdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Question } from '@margay/query'
import type { RunQuery } from '../ask.ts'
import { ask, boundFilter } from '../ask.ts'
import { StoreError } from '../errors.ts'
import { retain } from '../retain.ts'
import { migrate } from '../schema/migrate.ts'
import { readTables } from '../state.ts'
import type { AskOptions, Store } from '../store.ts'
import { createBlockFiles } from './block-file.ts'
import type { Engine } from './engine.ts'
import { createEngine } from './engine.ts'
import { adminOf, insertBlock, knownType } from './tables.ts'

export interface EmbeddedConfig {
  /** The directory that the store owns; made if it is not there. */
  readonly dir: string
  /** Memory of all queries together. */
  readonly memoryBytes?: number
  /** Questions that run at once. */
  readonly readers?: number
  /** The engine child's entry, in a bundle. */
  readonly childEntry?: string
}

const gigabyte = 2 ** 30

/** Of the machine, or of the container where that may use less. */
const usableMemory = () => Math.min(totalmem(), process.constrainedMemory() || Infinity)
/** A quarter of it, but never less than a gigabyte: below that, a day's grouping would fail. */
const defaultMemory = () => Math.max(gigabyte, Math.floor(usableMemory() / 4))

/** Rows of one page of a stream: large enough that its fixed cost is small, small enough for a few megabytes. */
const streamPage = 10_000

/** A server that was killed leaves its engine behind for the moment that the engine needs to notice. */
const patience = { tries: 6, pauseMs: 300 }

async function startPatiently(engine: Engine): Promise<void> {
  for (let left = patience.tries; ; left--) {
    try {
      return await engine.start()
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'dir_in_use') || left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, patience.pauseMs))
    }
  }
}

/** Makes a store that is not open. */
export function createEmbeddedStore(config: EmbeddedConfig): Store {
  const threads = availableParallelism()
  const engine = createEngine({
    dir: join(config.dir, 'engine'),
    memoryBytes: config.memoryBytes ?? defaultMemory(),
    readers: config.readers ?? Math.max(4, threads * 2),
    threads,
    seconds: { interactive: 10, export: 120 },
    ...(config.childEntry !== undefined && { childEntry: config.childEntry }),
  })
  const files = createBlockFiles(join(config.dir, 'blocks'))
  const admin = adminOf(engine)

  const runQuery: RunQuery = (sql, { signal, limits = 'interactive', onProgress }) =>
    engine.run(sql, { lane: limits, signal, onProgress })

  const answer = async (question: Question, options: AskOptions) => {
    const type = knownType(question.logType)
    return ask(runQuery, type, boundFilter(type, question, options), question, options)
  }

  return {
    async open() {
      await mkdir(config.dir, { recursive: true, mode: 0o700 })
      await startPatiently(engine)
      // Only now: another server's blocks lie here if the directory is not ours.
      await files.prepare()
      await migrate(admin)
    },
    insert: async (block) => insertBlock(engine, files, knownType(block.logType), block),
    ask: answer,
    async *stream(question, options) {
      const { select } = question
      if (select.kind !== 'rows') throw new StoreError('bad_question', 'only rows can be streamed, not groups')
      let left = select.limit
      let { cursor } = select
      do {
        const limit = Math.min(left, streamPage)
        const page = { ...question, select: { ...select, limit, ...(cursor !== undefined && { cursor }) } }
        const { answer: found } = await answer(page, { limits: 'export', ...options })
        if (found.kind !== 'rows') throw new Error('BUG: a question for rows was answered with groups')
        if (found.rows.length > 0) yield found.rows
        left -= found.rows.length
        cursor = found.cursor
      } while (cursor !== undefined && left > 0)
    },
    async state() {
      const { state, error, restarts, queued, pid } = engine
      const tables = state === 'ready' ? await readTables(admin) : []
      const known = { ...(error !== undefined && { error }), ...(pid !== undefined && { pid }) }
      return { engine: 'chdb', state, ...known, restarts, queued, tables }
    },
    retain: (rules, now, room) => retain(admin, rules, now, room),
    close: () => engine.stop(),
  }
}

// The embedded store: one data directory, chDB in a child process behind the guard. `open` makes or migrates the
// directory; everything else may then be called from anywhere in the process, at once.
import { mkdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { LogType } from '@margay/model'
import { logType, logTypes } from '@margay/model'
import type { BoundFilter, Filter, Question } from '@margay/query'
import type { RunQuery } from '../ask.ts'
import { ask } from '../ask.ts'
import { textLiteral } from '../compile/literal.ts'
import { StoreError } from '../errors.ts'
import { retain } from '../retain.ts'
import { columnsOf } from '../schema/column.ts'
import { tableOf } from '../schema/ddl.ts'
import { migrate } from '../schema/migrate.ts'
import { readTables } from '../state.ts'
import type { AskOptions, Block, Store } from '../store.ts'
import { createBlockFiles } from './block-file.ts'
import type { Engine } from './engine.ts'
import { createEngine } from './engine.ts'

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

export interface EmbeddedDeps {
  /** Decides what a filter means for a log type; `now` is Unix seconds, `zone` that of dates without one. */
  readonly bind: (type: LogType, filter: Filter, now: number, zone: string | undefined) => BoundFilter
}

const gigabyte = 2 ** 30

/** A quarter of the machine, but never less than a gigabyte: below that, a day's grouping would fail. */
const defaultMemory = () => Math.max(gigabyte, Math.floor(totalmem() / 4))

/** Rows of one page of a stream: large enough that its fixed cost is small, small enough for a few megabytes. */
const streamPage = 10_000

function knownType(name: string): LogType {
  const type = logType(name)
  if (!type) {
    const known = logTypes.map((each) => each.name).join(', ')
    throw new StoreError('bad_question', `unknown log type "${name}"; one of ${known}`)
  }
  return type
}

function insertSql(block: Block, path: string): string {
  const columns = columnsOf(knownType(block.logType))
    .map(({ name }) => `\`${name}\``)
    .join(', ')
  return (
    `INSERT INTO ${tableOf(block.logType)} (${columns}) ` +
    `SETTINGS insert_deduplication_token = ${textLiteral(block.token)} ` +
    `SELECT ${columns} FROM file(${textLiteral(path)}, 'Native')`
  )
}

const adminOf = (engine: Engine) => ({
  execute: async (sql: string) => void (await engine.run(sql, { lane: 'admin' })),
  read: async (sql: string) => {
    const output = await engine.run(sql, { lane: 'admin', format: 'JSONCompactStringsEachRow' })
    const lines = Buffer.from(output).toString().split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as string[])
  },
})

/** Makes a store that is not open. */
export function createEmbeddedStore(config: EmbeddedConfig, { bind }: EmbeddedDeps): Store {
  const threads = availableParallelism()
  const engine = createEngine({
    dir: join(config.dir, 'engine'),
    memoryBytes: config.memoryBytes ?? defaultMemory(),
    readers: config.readers ?? Math.max(4, threads * 2),
    threads,
    ...(config.childEntry !== undefined && { childEntry: config.childEntry }),
  })
  const files = createBlockFiles(join(config.dir, 'blocks'))
  const admin = adminOf(engine)

  const runQuery: RunQuery = (sql, { signal, limits = 'interactive', onProgress }) =>
    engine.run(sql, { lane: limits, signal, onProgress })

  const answer = async (question: Question, options: AskOptions) => {
    const type = knownType(question.logType)
    return ask(runQuery, type, bind(type, question.filter, options.now, question.zone), question, options)
  }

  return {
    async open() {
      await mkdir(config.dir, { recursive: true, mode: 0o700 })
      await engine.start()
      // Only now: another server's blocks lie here if the directory is not ours.
      await files.prepare()
      await migrate(admin)
    },
    insert: (block) =>
      files.withFile(block.parts, async (path) => void (await engine.run(insertSql(block, path), { lane: 'write' }))),
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
      const { state, error, restarts, queued } = engine
      const tables = state === 'ready' ? await readTables(admin) : []
      return { engine: 'chdb', state, ...(error !== undefined && { error }), restarts, queued, tables }
    },
    retain: (rules, now) => retain(admin, rules, now),
    close: () => engine.stop(),
  }
}

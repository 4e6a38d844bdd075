// Stores and rows for tests: a store in a directory of its own that goes with the test, and rows put through the real door.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogType, Row } from '@margay/model'
import { fieldsOf, logTypes } from '@margay/model'
import { createBlockFiles } from '../embedded/block-file.ts'
import type { Engine, EngineConfig } from '../embedded/engine.ts'
import { createEngine } from '../embedded/engine.ts'
import { adminOf, insertBlock } from '../embedded/tables.ts'
import { createBlockBuilder } from '../native/block-builder.ts'
import { tableOf } from '../schema/ddl.ts'
import { migrate } from '../schema/migrate.ts'
import type { Block, Store } from '../store.ts'

/** A directory under the system's temporary one, and how to remove it. */
export function temporaryDir(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'margay-store-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** What an engine of a test may use. */
export const testEngine = { memoryBytes: 2 ** 30, readers: 4, threads: 2, seconds: { interactive: 10, export: 120 } }

/** A running engine on an empty directory. */
export async function openTestEngine(
  more: Partial<EngineConfig> = {},
): Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }> {
  const { dir, remove } = temporaryDir()
  const engine = createEngine({ dir, ...testEngine, ...more })
  await engine.start()
  return {
    engine,
    close: async () => {
      await engine.stop()
      remove()
    },
  }
}

/** An engine with empty tables of some log types. */
export async function openTestTables(types = logTypes) {
  const { engine, close } = await openTestEngine()
  await migrate(adminOf(engine), types)
  const { dir, remove } = temporaryDir()
  const files = createBlockFiles(dir)
  return {
    engine,
    insert: async (type: LogType, rows: readonly Row[]) => {
      for (const block of blocksOf(type, rows)) await insertBlock(engine, files, type, block)
    },
    clear: (type: LogType) => adminOf(engine).execute(`TRUNCATE TABLE ${tableOf(type.name)}`),
    close: async () => {
      await close()
      remove()
    },
  }
}

let nextToken = 1

/** Blocks of rows, one for each UTC day, with tokens of their own. */
export function blocksOf(type: LogType, rows: readonly Row[], token = `test-${nextToken++}`): readonly Block[] {
  const builder = createBlockBuilder(type)
  const dimensions = fieldsOf(type, 'dimension')
  for (const row of rows) {
    const handle = builder.series(Object.fromEntries(dimensions.map((name) => [name, row[name]])))
    builder.add(handle, row)
    builder.forget(handle)
  }
  return builder.take().map(({ day, rows: count, parts }) => ({
    logType: type.name,
    token: `${token}-${day}`,
    rows: count,
    parts,
  }))
}

export async function insertRows(store: Store, type: LogType, rows: readonly Row[], token?: string): Promise<void> {
  for (const block of blocksOf(type, rows, token)) await store.insert(block)
}

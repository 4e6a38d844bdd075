// Stores and rows for tests: a store in a directory of its own that goes with the test, and rows put through the real door.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogType, Row } from '@margay/model'
import { fieldsOf } from '@margay/model'
import type { BoundFilter, Filter } from '@margay/query'
import type { Engine } from '../embedded/engine.ts'
import { createEngine } from '../embedded/engine.ts'
import type { EmbeddedDeps } from '../embedded/store.ts'
import { createBlockBuilder } from '../native/block-builder.ts'
import type { Block, Store } from '../store.ts'

/** A directory under the system's temporary one, and how to remove it. */
export function temporaryDir(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'margay-store-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** A running engine on an empty directory. */
export async function openTestEngine(): Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }> {
  const { dir, remove } = temporaryDir()
  const engine = createEngine({ dir, memoryBytes: 2 ** 30, readers: 4, threads: 2 })
  await engine.start()
  return {
    engine,
    close: async () => {
      await engine.stop()
      remove()
    },
  }
}

const boundForms = new WeakMap<Filter, BoundFilter>()

/** Binds what `withBound` made, and "everything". */
export const bindForTests: EmbeddedDeps = {
  bind: (_, filter) => boundForms.get(filter) ?? { kind: 'constant', value: filter.kind === 'all' },
}

/** A question's filter that is bound already, so that a test chooses the test and not its spelling. */
export function withBound(bound: BoundFilter): Filter {
  const filter: Filter = { kind: 'all' }
  boundForms.set(filter, bound)
  return filter
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

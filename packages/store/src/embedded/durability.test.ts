// What is acknowledged stays, whatever dies: the engine's process, or the disk's free space.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { StoreError } from '../errors.ts'
import type { Block, Store } from '../store.ts'
import { mountSmall } from '../testing/small-disk.ts'
import { blocksOf, temporaryDir } from '../testing/stores.ts'
import { createEmbeddedStore } from './store.ts'

const noon = 1_793_016_000
const rowsPerBlock = 500

const rowsOf = (block: number): Row[] =>
  Array.from({ length: rowsPerBlock }, (_, index) => ({
    start_time: noon + (block % 60),
    source_name: `block-${block}`,
    process_id: String(index),
    bytes_in: 1,
  }))

async function countOf(store: Store): Promise<unknown> {
  const { answer } = await store.ask(
    {
      logType: 'flows',
      range: { from: { at: noon - 3_600 }, to: { at: noon + 3_600 } },
      filter: { kind: 'all' },
      reports: 'every',
      select: {
        kind: 'groups',
        by: [],
        measures: { rows: { rows: true }, blocks: { distinct: 'source_name' } },
        limit: 1,
      },
    },
    { now: noon },
  )
  return answer.kind === 'groups' ? answer.groups[0]!.measures : undefined
}

/** Inserts until it is stored, as a server does. */
async function insertSurely(store: Store, block: Block): Promise<void> {
  for (;;) {
    try {
      return await store.insert(block)
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'engine_died') throw error
    }
  }
}

describe('an engine that is killed during inserts', () => {
  it('loses nothing that was acknowledged and doubles nothing that was sent again', async () => {
    const { dir, remove } = temporaryDir()
    const store = createEmbeddedStore({ dir })
    await store.open()
    const rounds = 5
    const blocksPerRound = 12
    for (let round = 0; round < rounds; round++) {
      const victim = (await store.state()).pid!
      const killing = setTimeout(() => process.kill(victim, 'SIGKILL'), 40 + round * 60)
      const blocks = Array.from({ length: blocksPerRound }, (_, index) => round * blocksPerRound + index)
      await Promise.all(
        blocks.map(async (number) => insertSurely(store, blocksOf(flowLog, rowsOf(number), `b${number}`)[0]!)),
      )
      clearTimeout(killing)
    }
    const total = rounds * blocksPerRound
    expect(await countOf(store)).toEqual({ rows: total * rowsPerBlock, blocks: total })
    expect((await store.state()).restarts).toBeGreaterThan(0)
    await store.close()
    const again = createEmbeddedStore({ dir })
    await again.open()
    await again.insert(blocksOf(flowLog, rowsOf(3), 'b3')[0]!)
    expect(await countOf(again)).toEqual({ rows: total * rowsPerBlock, blocks: total })
    await again.close()
    remove()
  })
})

describe('a server that is killed', () => {
  it('takes its engine along, even in the middle of a question, so that the next one can open the directory', async () => {
    const { dir, remove } = temporaryDir()
    const program = `
      import { createEmbeddedStore } from ${JSON.stringify(new URL('store.ts', import.meta.url).href)}
      const store = createEmbeddedStore({ dir: ${JSON.stringify(dir)} })
      await store.open()
      const groups = { kind: 'groups', by: [], measures: { n: { rows: true } }, limit: 1 }
      const range = { from: { at: 0 }, to: { at: 1 } }
      for (;;) await store.ask({ logType: 'flows', range, filter: { kind: 'all' }, reports: 'every', select: groups }, { now: 1 }).then(() => process.stdout.write('.'))`
    const server = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(server.stdout, 'data')
    server.kill('SIGKILL')
    const next = createEmbeddedStore({ dir })
    await next.open()
    await next.close()
    remove()
  })
})

const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot)('a full disk (a file system of 64 MB, which only root can mount)', () => {
  it('is said by its code, costs nothing that was stored, and is over once there is space', async () => {
    const { dir, remove } = temporaryDir()
    const unmount = mountSmall(dir, '64m')
    const store = createEmbeddedStore({ dir })
    try {
      await store.open()
      await store.insert(blocksOf(flowLog, rowsOf(0), 'first')[0]!)
      const filler = `${dir}/filler`
      execFileSync('sh', ['-c', `head -c 100m /dev/zero > ${filler} || true`], { stdio: 'ignore' })
      const block = blocksOf(flowLog, rowsOf(1), 'second')[0]!
      await expect(store.insert(block)).rejects.toMatchObject({ code: 'disk_full', retry: true })
      expect(await countOf(store)).toEqual({ rows: rowsPerBlock, blocks: 1 })
      rmSync(filler)
      await insertSurely(store, block)
      expect(await countOf(store)).toEqual({ rows: rowsPerBlock * 2, blocks: 2 })
    } finally {
      await store.close()
      unmount()
      remove()
    }
  })
})

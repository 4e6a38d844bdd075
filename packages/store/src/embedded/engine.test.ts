import { afterEach, describe, expect, it } from 'vitest'
import { openTestEngine, temporaryDir, testEngine } from '../testing/stores.ts'
import type { Engine } from './engine.ts'
import { createEngine } from './engine.ts'
import type { Lane } from './protocol.ts'

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const read = async (engine: Engine, sql: string, lane: Lane = 'interactive') =>
  textOf(await engine.run(sql, { lane, format: 'CSV' }))

/** Runs until it is stopped: two thousand million hashes. */
const endless = 'SELECT count() FROM numbers(200000000000) WHERE sipHash64(number) = 1'

describe('the guard', () => {
  const closers: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })
  const open = async () => {
    const { engine, close } = await openTestEngine()
    closers.push(close)
    return engine
  }

  it('never hands the output of a failed query to the next one', async () => {
    const engine = await open()
    for (let round = 0; round < 10; round++) {
      const failing = 'SELECT number, throwIf(number = 150000) FROM numbers(1000000)'
      await expect(read(engine, failing)).rejects.toMatchObject({ code: 'engine_error' })
      expect(await read(engine, `SELECT ${round}`)).toBe(`${round}\n`)
    }
  })

  it('runs questions side by side and keeps their answers apart', async () => {
    const engine = await open()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => read(engine, `SELECT ${index}, sleep(0.01)`)),
    )
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => `${index},0\n`))
  })

  it('stops the query of a question that is cancelled, and frees its place', async () => {
    const engine = await open()
    for (let round = 0; round < 3; round++) {
      const abort = new AbortController()
      const running = engine.run(endless, { lane: 'interactive', signal: abort.signal })
      setTimeout(() => abort.abort(), 100)
      await expect(running).rejects.toMatchObject({ code: 'cancelled' })
    }
    const busy = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'"
    while ((await read(engine, busy)) !== '0\n') await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await read(engine, 'SELECT 1')).toBe('1\n')
  })

  it('lets a reader neither write, nor read files, nor change its limits', async () => {
    const engine = await open()
    for (const sql of [
      'CREATE DATABASE other',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      'SET max_execution_time = 0',
      'SELECT 1 SETTINGS max_execution_time = 0',
    ]) {
      await expect(read(engine, sql)).rejects.toMatchObject({ name: 'StoreError' })
    }
  })

  it('ends a question that takes longer than its class may, or more memory than there is', async () => {
    const { engine, close } = await openTestEngine({ seconds: { interactive: 1, export: 120 } })
    closers.push(close)
    await expect(read(engine, endless)).rejects.toMatchObject({ code: 'timeout' })
    const large = 'SELECT uniqExact(number), groupArray(toString(number)) FROM numbers(100000000)'
    await expect(engine.run(large, { lane: 'export' })).rejects.toMatchObject({ code: 'memory' })
    // Not in a second: it has just thrown all that memory away.
    expect(await read(engine, 'SELECT 1', 'export')).toBe('1\n')
  })

  it('refuses questions at once when too many wait, and serves again afterwards', async () => {
    const { engine, close } = await openTestEngine({ readers: 1 })
    closers.push(close)
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => read(engine, 'SELECT sleep(0.05)')))
    const refused = all.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBe(20 - 1 - 8)
    expect(refused[0]).toMatchObject({ reason: { code: 'busy' } })
    expect(await read(engine, 'SELECT 1')).toBe('1\n')
  })

  it('tells how many rows a long question has read', async () => {
    const engine = await open()
    const abort = new AbortController()
    const rowsRead = await new Promise<number>((resolve) => {
      engine
        .run(endless, { lane: 'interactive', signal: abort.signal, onProgress: (rows) => rows > 0 && resolve(rows) })
        .catch(() => {})
    })
    abort.abort()
    expect(rowsRead).toBeGreaterThan(0)
  })

  it('says that the engine died to those who wait, starts it again and serves the next', async () => {
    const engine = await open()
    const running = read(engine, endless)
    const first = engine.pid!
    setTimeout(() => process.kill(first, 'SIGKILL'), 200)
    await expect(running).rejects.toMatchObject({ code: 'engine_died', retry: true })
    while (engine.pid === first) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await read(engine, 'SELECT 7')).toBe('7\n')
    expect(engine.restarts).toBe(1)
  })

  it('refuses a directory that another process has open, and says so', async () => {
    const { dir, remove } = temporaryDir()
    const config = { dir, ...testEngine }
    const first = createEngine(config)
    await first.start()
    const second = createEngine(config)
    await expect(second.start()).rejects.toMatchObject({
      code: 'dir_in_use',
      hint: expect.stringContaining('--data') as string,
    })
    expect(second.state).toBe('failed')
    expect(await read(first, 'SELECT 1')).toBe('1\n')
    await second.stop()
    await first.stop()
    remove()
  })

  it('refuses work once it is stopped, and before it is started', async () => {
    const engine = createEngine({ dir: '/nowhere', ...testEngine })
    await expect(read(engine, 'SELECT 1')).rejects.toMatchObject({ code: 'closed' })
  })
})

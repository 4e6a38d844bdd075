import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHealth, createLogger, isDiskFull } from '@margay/kit'
import type { Dropped } from '@margay/store'
import { afterEach, describe, expect, it } from 'vitest'
import { createRetention } from './retention.ts'
import { openRoom } from './room.ts'

const gigabyte = 1_000_000_000
const quiet = createLogger({ level: 'error', form: 'json' }, { write: () => {} })
const day = (why: Dropped['why'], partition = '2026-11-01'): Dropped => ({
  logType: 'flows',
  partition,
  rows: 1,
  bytes: 3 * gigabyte,
  why,
})

function setUp(free: number, size = 50 * gigabyte, keepFreeBytes?: number) {
  const disk = { free, size }
  const state = { now: 1_793_000_000, drops: [] as Dropped[] }
  const asked: number[] = []
  const health = createHealth()
  const store = {
    retain: (_: unknown, __: number, room = 0) => {
      asked.push(room)
      disk.free += state.drops.reduce((sum, { bytes }) => sum + bytes, 0)
      return Promise.resolve(state.drops.splice(0))
    },
  }
  const room = { measure: () => disk, refill: () => {} }
  const retention = createRetention(
    { rules: new Map(), keepFreeBytes },
    { store, log: quiet, health, now: () => state.now, room },
  )
  return { look: () => retention.begin(), asked, state, disk, stage: () => health.report().retention }
}

describe('retention', () => {
  it('asks for no room where there is enough, and looks at the rules every ten minutes', async () => {
    const { look, asked, state, stage } = setUp(3 * gigabyte)
    await look()
    state.now += 599
    await look()
    expect(asked).toEqual([0])
    state.now += 1
    await look()
    expect(asked).toEqual([0, 0])
    expect(stage()?.state).toBe('ok')
  })
  it('frees half as much again as is to stay free: 5 % of the disk, at most 2 GB, or what was said', async () => {
    const wanted = async (...of: Parameters<typeof setUp>) => {
      const { look, asked } = setUp(...of)
      await look()
      return asked[0]
    }
    expect(await wanted(gigabyte)).toBe(2 * gigabyte)
    expect(await wanted(gigabyte, 30 * gigabyte)).toBe(1.25 * gigabyte)
    expect(await wanted(gigabyte, 50 * gigabyte, 0)).toBe(0)
    expect(await wanted(gigabyte, 50 * gigabyte, 10 * gigabyte)).toBe(14 * gigabyte)
  })
  it('says for a day which days went before their time, and what to do', async () => {
    const { look, state, stage } = setUp(gigabyte)
    state.drops = [day('rule', '2026-10-01'), day('room'), day('room', '2026-11-02')]
    await look()
    expect(stage()).toMatchObject({
      state: 'degraded',
      detail: 'the disk was nearly full; dropped before their time: flows of 2026-11-01, 2026-11-02',
      hint: expect.stringContaining('larger disk') as string,
    })
    state.now += 86_400
    await look()
    expect(stage()?.state).toBe('ok')
  })
  it('says that nothing is left to drop, and that again there is room', async () => {
    const { look, state, stage, disk } = setUp(gigabyte)
    await look()
    expect(stage()).toMatchObject({ state: 'degraded', detail: expect.stringContaining('no room left') as string })
    disk.free = 4 * gigabyte
    state.now += 30
    await look()
    expect(stage()?.state).toBe('ok')
  })
})

describe('the reserve', () => {
  const dir = mkdtempSync(join(tmpdir(), 'margay-room-'))
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  it('is a file of its own that is made once', () => {
    const room = openRoom(dir)
    room.refill()
    const { size, ino } = statSync(join(dir, 'reserve'))
    expect(size).toBe(16 * 1_048_576)
    room.refill()
    expect(statSync(join(dir, 'reserve')).ino).toBe(ino)
    expect(room.measure().size).toBeGreaterThan(room.measure().free)
  })
})

it('a disk is full by its own codes alone', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code })
  const full = ['ENOSPC', 'EDQUOT', 'ENOTDIR', 'EIO'].map((code) => isDiskFull(coded(code)))
  expect(full).toEqual([true, true, false, false])
  expect(isDiskFull(new Error('writing failed', { cause: coded('ENOSPC') }))).toBe(true)
})

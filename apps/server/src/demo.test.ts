import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHealth, createLogger } from '@margay/kit'
import { describe, expect, it } from 'vitest'
import { createDemo, missing } from './demo.ts'
import type { IntakeBatch } from './receivers/intake.ts'

const now = 1_793_000_000
const day = 86_400

/** Spans put together in the order of time. */
function joined(spans: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const merged: [number, number][] = []
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && last[1] === from) last[1] = to
    else merged.push([from, to])
  }
  return merged
}

describe('what a demo has to tell', () => {
  it('is a day at the first start, the last hour before the rest', () => {
    const { recent, older } = missing(undefined, now)
    expect(joined([...recent, ...older])).toEqual([[now - day, now]])
    expect(joined(recent)).toEqual([[now - 3600, now]])
    expect(recent[0]).toEqual([now - 300, now])
  })

  it('is the time since it was stopped, and what of the first day was left', () => {
    const told = { opened: now - 7200, from: now - 20_000, until: now - 500 }
    const { recent, older } = missing(told, now)
    expect(joined(recent)).toEqual([[now - 500, now]])
    expect(joined(older)).toEqual([[now - 7200 - day, now - 20_000]])
  })

  it('is never more than a day after a long pause', () => {
    const told = { opened: now - 9 * day, from: now - 10 * day, until: now - 8 * day }
    expect(joined([...missing(told, now).recent, ...missing(told, now).older])).toEqual([[now - day, now]])
  })
})

it('numbers its batches without gaps, shares dimensions, and remembers what it told', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'margay-demo-'))
  const stop = new AbortController()
  const batches: IntakeBatch[] = []
  let clock = now
  const append = (batch: IntakeBatch) => {
    batches.push(batch)
    // Two seconds after everything was told, it is enough.
    if (batch.rows.some(({ end_time: end }) => Number(end) > now + 1)) stop.abort()
    clock = Math.max(clock, now) + (batches.length > 60 ? 1 : 0)
    return Promise.resolve({ duplicate: false })
  }
  const log = createLogger({ level: 'error', form: 'json' }, { write: () => {} })
  const objects: IntakeBatch[] = []
  const keepObjects = (batch: IntakeBatch) => Promise.resolve(objects.push(batch))
  const demo = createDemo(
    { dir, seed: 1 },
    { intake: { append }, log, health: createHealth(), now: () => clock, keepObjects },
  )
  await demo.run(stop.signal)
  for (const logType of ['flows', 'dns']) {
    const own = batches.filter((batch) => batch.logType === logType)
    expect(own.map(({ source }) => source.sequence)).toEqual(own.map((_, index) => index + 1))
    expect(new Set(own.map(({ source }) => source.epoch)).size).toBe(1)
  }
  const first = batches.find(({ logType }) => logType === 'flows')!
  expect(first.shared).toHaveLength(first.rows.length)
  expect(new Set(first.shared).size).toBeLessThan(first.rows.length)
  expect(JSON.parse(readFileSync(join(dir, 'demo.json'), 'utf8'))).toMatchObject({ opened: now, objects: true })
  expect(objects.map(({ logType, rows }) => [logType, rows.length > 100])).toEqual([['objects', true]])
  rmSync(dir, { recursive: true })
})

// The demo: tells the story of packages/traffic through the same segments that agents' rows go through. The last hour comes
// first, so that the pages are full at once; then the day before it, backwards; then second by second as time passes. What
// was told is remembered beside the data, so that a demo that is started again goes on where it was.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Health, Logger, Part } from '@margay/kit'
import { replaceFile, sleep } from '@margay/kit'
import type { Story } from '@margay/traffic'
import { rowOf, story } from '@margay/traffic'
import type { Intake } from './receivers/intake.ts'

export interface DemoConfig {
  readonly dir: string
  readonly seed: number
}

export interface DemoDeps {
  readonly intake: Intake
  readonly log: Logger
  readonly health: Health
  /** Unix seconds. */
  readonly now: () => number
}

/** What was told: the story's opening, and the span whose rows are stored. */
interface Told {
  readonly opened: number
  readonly from: number
  readonly until: number
}

const day = 86_400
/** Rows of so long a time are one batch of history: some thousands, so that people are answered in between. */
const chunkSeconds = 180
/** Batches of history that wait for the disk at the same time: as many as one segment takes. */
const ahead = 16

const pathOf = (dir: string) => join(dir, 'demo.json')

function readTold(dir: string): Told | undefined {
  return existsSync(pathOf(dir)) ? (JSON.parse(readFileSync(pathOf(dir), 'utf8')) as Told) : undefined
}

const writeTold = (dir: string, told: Told) => replaceFile(pathOf(dir), [Buffer.from(JSON.stringify(told))])

/** Spans of the story that are missing, those that people look at first at the front. */
export function missing(told: Told | undefined, now: number): readonly (readonly [from: number, to: number])[] {
  const known = told ?? { from: now, until: now }
  const newest = spans(Math.max(known.until, now - day), now).reverse()
  return [...newest, ...spans(Math.min(now, (told?.opened ?? now) - day), Math.max(known.from, now - day)).reverse()]
}

function spans(from: number, to: number): [number, number][] {
  const list: [number, number][] = []
  for (let at = from; at < to; at += chunkSeconds) list.push([at, Math.min(to, at + chunkSeconds)])
  return list
}

export function createDemo({ dir, seed }: DemoConfig, deps: DemoDeps): Part {
  const stage = deps.health.stage('demo')

  /**
   * Stores spans of the story in batches of one run. Their numbers must have no gaps, and a run that fails is followed by
   * one of another name.
   */
  const createTeller = (told: Story) => {
    const run = `${deps.now()}-${Math.random().toString(36).slice(2)}`
    const sent = new Map<string, number>()
    return async (from: number, to: number) => {
      const byType = Map.groupBy(told.rowsBetween(from, to), ({ logType }) => logType)
      const stored = [...byType].map(([logType, emissions]) => {
        const sequence = (sent.get(logType) ?? 0) + 1
        sent.set(logType, sequence)
        const source = { id: `demo:${logType}`, epoch: run, sequence }
        return deps.intake.append({ logType, rows: emissions.map(rowOf), source })
      })
      await Promise.all(stored)
    }
  }
  const tellHistory = async (
    tell: (from: number, to: number) => Promise<void>,
    before: Told | undefined,
    now: number,
    signal: AbortSignal,
  ) => {
    const waiting = new Set<Promise<void>>()
    for (const [from, to] of missing(before, now)) {
      if (signal.aborted) break
      const told = tell(from, to).finally(() => waiting.delete(told))
      told.catch(() => {})
      waiting.add(told)
      if (waiting.size >= ahead) await Promise.race(waiting)
      // The event loop also answers people.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(waiting)
  }
  return {
    name: 'demo',
    async run(signal) {
      const before = readTold(dir)
      const now = deps.now()
      const opened = before?.opened ?? now
      const told = story({ seed, opened })
      const tell = createTeller(told)
      stage.set({ state: 'starting', detail: 'writes a day of history' })
      await tellHistory(tell, before, now, signal)
      const from = Math.min(before?.from ?? now - day, now - day)
      if (!signal.aborted) writeTold(dir, { opened, from, until: now })
      deps.log.info('demo history is written')
      stage.set({ state: 'ok', detail: 'invented data of an invented cluster, live' })
      for (let until = now; !signal.aborted;) {
        await sleep(1000 - (Date.now() % 1000), signal)
        const next = deps.now()
        if (next <= until) continue
        await tell(until, next)
        until = next
        writeTold(dir, { opened, from, until })
      }
    },
  }
}

// The demo: tells the story of packages/traffic through the same segments that agents' rows go through. The last hour comes
// first, so that the pages are full at once; then what happens now, second by second, and beside it the day before,
// backwards. The cluster's objects go the same way, all at once, since they are few. What was told is remembered beside the
// data, so that a demo that is started again goes on where it was.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Health, Logger, Part } from '@margay/kit'
import { replaceFile, sleep } from '@margay/kit'
import type { Story } from '@margay/traffic'
import { story } from '@margay/traffic'
import { objectLog } from '@margay/model'
import { demoObjectRows } from './demo-objects.ts'
import type { Reporter } from './intern/agents.ts'
import type { Intake, IntakeBatch } from './receivers/intake.ts'
import type { AddressMoment } from './segment/ingest-protocol.ts'

export interface DemoConfig {
  readonly dir: string
  readonly seed: number
}

/** The invented cluster while its story is told. */
export interface Demo extends Part {
  /** Who reports what an address does at a moment (Unix seconds) in the story, by its nodes' agents. */
  reporterOf(of: AddressMoment): Reporter
}

export interface DemoDeps {
  readonly intake: Intake
  readonly log: Logger
  readonly health: Health
  /** Keeps the cluster's objects. They are told once: no source whose rate anybody would watch. */
  readonly keepObjects: (batch: IntakeBatch) => Promise<unknown>
  /** Unix seconds. */
  readonly now: () => number
}

/** What was told: the story's opening, and the span whose rows are stored. Unix seconds. */
interface Told {
  readonly opened: number
  readonly from: number
  readonly until: number
  /** The cluster's objects are stored. */
  readonly objects?: boolean
}

type Span = readonly [from: number, to: number]

const hour = 3600
const day = 86_400
/** One batch: some thousands of rows, so that people are answered in between. */
const chunk = 300
/** Batches of history that wait for the disk at the same time: about what one segment takes. */
const ahead = 16

const pathOf = (dir: string) => join(dir, 'demo.json')

function readTold(dir: string): Told | undefined {
  return existsSync(pathOf(dir)) ? (JSON.parse(readFileSync(pathOf(dir), 'utf8')) as Told) : undefined
}

const writeTold = (dir: string, told: Told) => replaceFile(pathOf(dir), [Buffer.from(JSON.stringify(told))])

/** A span in batches, the newest first. */
function* backwards([from, to]: Span): Generator<Span> {
  for (let end = to; end > from;) {
    const start = Math.max(from, end - chunk)
    yield [start, end]
    end = start
  }
}

/** Batches of the story that are missing: those that people look at first, and the rest of the day. */
export function missing(told: Told | undefined, now: number): { readonly recent: Span[]; readonly older: Span[] } {
  const { opened, from, until } = told ?? { opened: now, from: now, until: now }
  const spans = [
    ...backwards([Math.max(until, now - day), now]),
    ...backwards([opened - day, Math.max(from, opened - day)]),
  ]
  return {
    recent: spans.filter(([, to]) => to > now - hour),
    older: spans.filter(([, to]) => to <= now - hour),
  }
}

export function createDemo({ dir, seed }: DemoConfig, deps: DemoDeps): Demo {
  let current: Story | undefined
  const stage = deps.health.stage('demo')

  /**
   * Stores spans of the story in batches of one run. Their numbers must have no gaps, and a run that fails is followed by
   * one of another name.
   */
  const createTeller = (told: Story) => {
    const run = `${deps.now()}-${Math.random().toString(36).slice(2)}`
    const sent = new Map<string, number>()
    return async ([from, to]: Span) => {
      const byType = Map.groupBy(told.rowsBetween(from, to), ({ logType }) => logType)
      const stored = [...byType].map(([logType, emissions]) => {
        const sequence = (sent.get(logType) ?? 0) + 1
        sent.set(logType, sequence)
        const source = { id: `demo:${logType}`, epoch: run, sequence }
        const rows = emissions.map(({ rest }) => rest)
        return deps.intake.append({ logType, rows, shared: emissions.map(({ dimensions }) => dimensions), source })
      })
      await Promise.all(stored)
    }
  }
  type Tell = ReturnType<typeof createTeller>

  const tellAll = async (spans: readonly Span[], tell: Tell, signal: AbortSignal) => {
    const waiting = new Set<Promise<void>>()
    for (const span of spans) {
      if (signal.aborted) break
      const told = tell(span).finally(() => waiting.delete(told))
      told.catch(() => {})
      waiting.add(told)
      if (waiting.size >= ahead) await Promise.race(waiting)
      // The event loop also answers people.
      await nextTurn()
    }
    await Promise.all(waiting)
  }
  const tellObjects = async (told: Story) => {
    const rows = demoObjectRows(told, told.opened - day)
    const source = { id: `demo:${objectLog.name}`, epoch: String(deps.now()), sequence: 1 }
    await deps.keepObjects({ logType: objectLog.name, rows, source, isInventory: true })
  }
  const tellNow = async (from: number, tell: Tell, signal: AbortSignal, onTold: (until: number) => void) => {
    for (let until = from; !signal.aborted;) {
      await sleep(1000 - (Date.now() % 1000), signal)
      const next = deps.now()
      if (next <= until || signal.aborted) continue
      await tell([until, next])
      until = next
      onTold(until)
    }
  }
  return {
    name: 'demo',
    reporterOf({ ip, moment }) {
      const reporter = current?.reporterOf(ip, moment)
      return reporter ? { host: reporter.node, state: reporter.reports ? 'reports' : 'silent' } : { state: 'none' }
    },
    async run(signal) {
      const before = readTold(dir)
      const now = deps.now()
      const opened = before?.opened ?? now
      const told = story({ seed, opened })
      current = told
      const tell = createTeller(told)
      const { recent, older } = missing(before, now)
      stage.set({ state: 'starting', detail: 'writes the last hour' })
      if (before?.objects !== true) await tellObjects(told)
      await tellAll(recent, tell, signal)
      let soFar: Told = {
        opened,
        from: Math.min(before?.from ?? now, recent.at(-1)?.[0] ?? now),
        until: now,
        objects: true,
      }
      const note = (change: Partial<Told>) => writeTold(dir, (soFar = { ...soFar, ...change }))
      stage.set({ state: 'ok', detail: 'invented data of an invented cluster; the day before is being written' })
      const history = async () => {
        await tellAll(older, tell, signal)
        if (signal.aborted) return
        note({ from: Math.min(soFar.from, opened - day) })
        stage.set({ state: 'ok', detail: 'invented data of an invented cluster, live' })
      }
      const telling = Promise.all([tellNow(now, tell, signal, (until) => note({ until })), history()])
      // What was under way when the server ends is told again by the next.
      await telling.catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    },
  }
}

// Starts the processes of these tests, reads what they say, kills them by their pids.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createEmbeddedStore } from '@margay/store'

export interface Running {
  readonly child: ChildProcess
  /** The next line, said or still to be said, that has a member; its value. Rejects when the process ends before. */
  said<T>(member: string): Promise<T>
  /** The last value of a member so far. */
  last<T>(member: string): T | undefined
  tell(line: object): void
  kill(): Promise<void>
  ended(): Promise<void>
  /** SIGTERM, and waits. */
  stop(): Promise<void>
}

type Line = Readonly<Record<string, unknown>>

export function start(script: string, given: object, wrapper: readonly string[] = []): Running {
  const [command, ...args] = [...wrapper, process.execPath, join(import.meta.dirname, script), JSON.stringify(given)]
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  const lines: Line[] = []
  const waiting = new Set<{
    readonly member: string
    readonly resolve: (line: Line) => void
    readonly reject: (error: Error) => void
  }>()
  let taken = 0
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    lines.push(line)
    for (const one of waiting) {
      if (!(one.member in line)) continue
      waiting.delete(one)
      taken = lines.length
      one.resolve(line)
    }
  })
  child.stdin.on('error', () => {})
  child.once('exit', () => {
    for (const { reject, member } of waiting)
      reject(new Error(`${script} ended before it said "${member}"; it said ${JSON.stringify(lines.at(-1))}`))
  })
  const exited = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  return {
    child,
    async said<T>(member: string): Promise<T> {
      const found = lines.findIndex((line, at) => at >= taken && member in line)
      if (found >= 0) {
        taken = found + 1
        return lines[found]![member] as T
      }
      const line = await new Promise<Line>((resolve, reject) => {
        waiting.add({ member, resolve, reject })
        setTimeout(() => reject(new Error(`${script} did not say "${member}" in a minute`)), 60_000).unref()
      })
      return line[member] as T
    },
    last: <T>(member: string) => lines.findLast((line) => member in line)?.[member] as T | undefined,
    tell: (line) => void child.stdin.write(`${JSON.stringify(line)}\n`),
    kill: () => exited('SIGKILL'),
    async ended() {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    stop: () => exited('SIGTERM'),
  }
}

/** Pids of a process's children, by name in their command line. */
export function childrenOf(pid: number, word: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, 'latin1')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return parent === pid && readFileSync(`/proc/${candidate}/cmdline`, 'latin1').includes(word)
      } catch {
        return false
      }
    })
}

export function temporaryDir(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'margay-durability-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** What the store of a stopped server holds. */
export async function storedRows(dataDir: string): Promise<{ readonly rows: number; readonly distinct: number }> {
  const store = createEmbeddedStore({ dir: `${dataDir}/store`, memoryBytes: 2 ** 30, readers: 1 })
  await store.open()
  try {
    const { answer } = await store.ask(
      {
        logType: 'flows',
        range: { from: { at: 0 }, to: { at: 4_000_000_000 } },
        filter: { kind: 'all' },
        reports: 'every',
        select: {
          kind: 'groups',
          by: [],
          measures: { rows: { rows: true }, distinct: { distinct: 'source_ip' } },
          limit: 1,
        },
      },
      { now: Math.floor(Date.now() / 1000) },
    )
    if (answer.kind !== 'groups') throw new Error('BUG: groups were asked for')
    const measures = answer.groups[0]?.measures
    return { rows: Number(measures?.rows ?? 0), distinct: Number(measures?.distinct ?? 0) }
  } finally {
    await store.close()
  }
}

export const waitFor = async (what: () => boolean, limitMs = 200_000): Promise<void> => {
  const until = Date.now() + limitMs
  while (!what()) {
    if (Date.now() > until) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Waits until the store of a server has taken all its segments. What is acknowledged is durable in them, and counts once they
 * are inserted; those that are left when it is stopped wait for the next one.
 */
export const whenStored = (dataDir: string): Promise<void> =>
  waitFor(() => !readdirSync(join(dataDir, 'segments')).some((name) => name.endsWith('.segment')))

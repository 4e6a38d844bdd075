// `npm start` as a person has it: one word that brings up server, store and agent, and ends them all when it is told to.
// What it prints is kept; what is started here is ended here, by its pid.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Health } from '@margay/wire'

const projectRoot = join(import.meta.dirname, '../..')

/** How long anything may take here before it counts as broken: the machine of a test may be busy with others. */
export const patienceMs = 120_000

export interface StartOptions {
  readonly dataDir: string
  readonly args?: readonly string[]
  /** Where the project lies; this one unless told. */
  readonly root?: string
  /** Words before the command, such as those that change the user. */
  readonly as?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Started {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string
  readonly pid: number
  /** Unix milliseconds at which it was started. */
  readonly startedAt: number
  /** All that it printed so far, both streams. */
  output(): string
  /** Resolves once it has printed a text; rejects when it ends before. */
  says(text: string | RegExp): Promise<void>
  health(): Promise<Health>
  /** Ends it as Ctrl-C does and waits; gives its exit code. */
  stop(): Promise<number | null>
}

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Asks again until something is there; the deadline is a wait limit, never a measure. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}`)
    await sleep(50)
  }
}

function launch(
  word: string,
  args: readonly string[],
  { root = projectRoot, as = [], env = {} }: Partial<StartOptions>,
) {
  const line = [...as, process.execPath, join(root, 'scripts/run.mjs'), word, ...args]
  return spawn(line[0]!, line.slice(1), {
    cwd: root,
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

/** Runs `npm run -s margay -- ARGS` to its end. */
export function margay(args: readonly string[], options: Partial<StartOptions> = {}): Promise<Finished> {
  const child = launch('margay', args, options)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

/** Starts a word of the project and leaves it running; `address` is only what it was told. */
export function begin(word: string, args: readonly string[], options: Partial<StartOptions> = {}) {
  const child = launch(word, args, options)
  const startedAt = Date.now()
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const has = (text: string | RegExp) => (typeof text === 'string' ? output.includes(text) : text.test(output))
  return {
    pid: child.pid!,
    startedAt,
    output: () => output,
    ended,
    async says(text: string | RegExp) {
      await until(`"${text}"; so far it said:\n${output}`, () => {
        if (has(text)) return true
        if (isOver(child)) throw new Error(`it ended before it said "${text}":\n${output}`)
        return undefined
      })
    },
    stop(signal: NodeJS.Signals = 'SIGINT') {
      if (!isOver(child)) child.kill(signal)
      return ended
    },
  }
}

/** The line above the summary: what is shown, and where. */
const summary = /^Margay shows .* on (http:\S+)$/m

/** Starts the product on a free port and waits until its summary is printed. */
export async function npmStart(options: StartOptions): Promise<Started> {
  const program = begin(
    'start',
    ['--data', options.dataDir, '--listen', '127.0.0.1:0', ...(options.args ?? [])],
    options,
  )
  try {
    await program.says(summary)
  } catch (error) {
    await program.stop()
    throw error
  }
  const address = summary.exec(program.output())![1]!
  return {
    address,
    ...program,
    async health() {
      const response = await fetch(`${address}/api/v1/health`)
      return (await response.json()) as Health
    },
  }
}

// Whole processes for tests: a server on a free port with a directory of its own, and the command line against it. Every
// process that is started here is ended here, by its pid.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseJsonExact } from '@margay/model'
import type { AnswerOf, BodyOf, RouteName } from '@margay/wire'
import { apiPrefix, routes } from '@margay/wire'

const root = join(import.meta.dirname, '../..')
const node = process.env.MARGAY_NODE ?? process.execPath

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

function start(file: string, args: readonly string[], { env = {} }: RunOptions = {}): ChildProcess {
  return spawn(node, [join(root, file), ...args], {
    cwd: root,
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** The first line that a process prints. Rejects where it ends before. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! })
    lines.once('line', resolve)
    lines.once('close', () => reject(new Error('it ended without a line')))
  })
}

/** Collects what a process writes and resolves when it has ended. */
function endOf(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

/** Runs the server with options until it ends by itself: for starts that must fail. */
export function runServerToEnd(args: readonly string[]): Promise<Ended> {
  return endOf(start('apps/server/src/main.ts', args))
}

export interface Product {
  readonly address: string
  readonly dataDir: string
  readonly pid: number
  /** Runs `margay` with arguments. */
  cli(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** Starts `margay` and leaves it to the caller to end it. */
  cliStart(args: readonly string[]): ChildProcess
  post<K extends RouteName>(route: K, body: BodyOf<K>): Promise<AnswerOf<K>>
  get(path: string): Promise<Response>
  ingest(logType: string, text: string, headers?: Record<string, string>): Promise<AnswerOf<'ingest'>>
  /** Ends the server by a signal and waits; the directory stays. */
  end(signal?: NodeJS.Signals): Promise<Ended>
  /** Ends it and removes its directory. */
  remove(): Promise<void>
}

const startMs = 120_000

/** Starts a server and waits until it answers. `dataDir` goes on with the data of an earlier one. */
export async function startProduct(args: readonly string[] = [], dataDir?: string): Promise<Product> {
  const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'margay-e2e-'))
  const child = start('apps/server/src/main.ts', ['--data', dir, '--listen', '127.0.0.1:0', ...args])
  const ended = endOf(child)
  const address = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not answer in time')), startMs)
    child.stdout!.on('data', (text: string) => {
      const found = /answers at (http:\S+)/.exec(text)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    })
    void ended.then(({ err }) => reject(new Error(`the server ended before it answered:\n${err}`)))
  })
  const request = async (path: string, init?: RequestInit) => {
    const response = await fetch(address + apiPrefix + path, init)
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return response
  }
  const json = async (response: Response) => parseJsonExact(await response.text()) as never
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  return {
    address,
    dataDir: dir,
    pid: child.pid!,
    cliStart: (cliArgs) => start('apps/cli/src/main.ts', ['--server', address, '--utc', ...cliArgs]),
    async cli(cliArgs, options) {
      const run = start('apps/cli/src/main.ts', ['--server', address, '--utc', ...cliArgs], options)
      run.stdin!.end(options?.input ?? '')
      return endOf(run)
    },
    async post(route, body) {
      const headers = { 'content-type': 'application/json' }
      return json(await request(routes[route].path, { method: 'POST', headers, body: JSON.stringify(body) }))
    },
    get: (path) => request(path),
    async ingest(logType, text, headers = {}) {
      const init = { method: 'POST', body: text, headers: { 'content-type': 'application/x-ndjson', ...headers } }
      return json(await request(`/ingest/${logType}`, init))
    },
    end,
    async remove() {
      if (child.exitCode === null && child.signalCode === null) await end()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Json = Readonly<Record<string, unknown>>

/** The moment at which the records of the fixtures begin. */
const fixtureStart = 1_793_000_000

export interface Fixture {
  readonly rows: readonly Json[]
  readonly text: string
  /** Unix seconds of its first record, as it was shifted. */
  readonly from: number
}

/** Records of a fixture, moved to ten minutes ago, so that retention and age limits never reach them. */
export function readFixture(path: string): Fixture {
  const from = Math.floor(Date.now() / 1000) - 600
  const shift = from - fixtureStart
  const lines = readFileSync(join(root, 'test/fixtures', path), 'utf8')
    .trim()
    .split('\n')
  const rows = lines.map((line) => {
    const row = parseJsonExact(line) as { start_time: number; end_time: number }
    return { ...row, start_time: row.start_time + shift, end_time: row.end_time + shift }
  })
  return { rows, text: rows.map((row) => JSON.stringify(row)).join('\n'), from }
}

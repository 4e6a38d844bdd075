// The product as a browser meets it: the real API over a real embedded store, filled with the demo's story and with rows
// of the test, serving the console as it is built. Only the clock of `health` and the agents are not there.
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logType, logTypes, readRow, type Row } from '@margay/model'
import { createBlockBuilder, createEmbeddedStore, type Store } from '@margay/store'
import { story } from '@margay/traffic'
import type { Health } from '@margay/wire'
import { build } from 'vite'
import { buildApi } from '../../apps/server/src/api/api.ts'
import { createLive, type Live } from '../../apps/server/src/live/live.ts'
import { createDirectIntake } from '../../apps/server/src/testing/direct-intake.ts'
import { nobodyReports } from '../../apps/server/src/testing/nobody-reports.ts'
import { createTestVersions } from '../../apps/server/src/testing/versions.ts'
import web from '../../apps/web/package.json' with { type: 'json' }

export interface ProductOptions {
  /** Seconds of the story before now that are in the store. */
  readonly storySeconds?: number
  /** Published records of flows to store beside it. */
  readonly flows?: readonly object[]
  readonly health?: Partial<Health>
}

export interface OpenStream {
  /** As they stand in the address: JSON. */
  readonly subscriptions: string
  /** Ends it as a network does. */
  cut(): void
}

export interface Product {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string
  readonly live: Live
  /** Unix seconds at which the story was opened. */
  readonly opened: number
  readonly faults: readonly unknown[]
  /** The live streams that are open at the server. */
  readonly streams: ReadonlySet<OpenStream>
  /** Cuts every stream, and those that come, until the function it returns is called. */
  refuseStreams(): () => void
  /** Says something else of itself from now on. */
  setHealth(change: Partial<Health>): void
  close(): Promise<void>
}

/** The version that both the console and this product are of. */
export const current = web.version

const unixNow = () => Math.floor(Date.now() / 1000)

const root = join(import.meta.dirname, '../..')

/** Builds the console once for a test file, as it is shipped: Vitest's own NODE_ENV would make React's other half. */
async function buildConsole(outDir: string): Promise<void> {
  process.env.NODE_ENV = 'production'
  const options = { outDir, emptyOutDir: true, reportCompressedSize: false }
  await build({
    root: join(root, 'apps/web'),
    configFile: join(root, 'apps/web/vite.config.ts'),
    logLevel: 'error',
    build: options,
  })
}

async function insert(
  store: Store,
  name: string,
  rows: Iterable<readonly [dimensions: Row, rest: Row]>,
): Promise<void> {
  const builder = createBlockBuilder(logType(name)!)
  const handles = new Map<Row, number>()
  for (const [dimensions, rest] of rows) {
    const handle = handles.get(dimensions) ?? builder.series(dimensions)
    handles.set(dimensions, handle)
    builder.add(handle, rest)
  }
  for (const { day, rows: count, parts } of builder.take()) {
    await store.insert({ logType: name, token: `${name}-${day}`, rows: count, parts })
  }
}

async function fill(store: Store, opened: number, seconds: number): Promise<void> {
  if (seconds === 0) return
  const emissions = [...story({ opened }).rowsBetween(opened - seconds, opened)]
  for (const { name } of logTypes) {
    const mine = emissions.filter((emission) => emission.logType === name)
    await insert(
      store,
      name,
      mine.map(({ dimensions, rest }) => [dimensions, rest] as const),
    )
  }
}

/** Starts the product on a free port of loopback. */
export async function startProduct({ storySeconds = 0, flows = [], health = {} }: ProductOptions): Promise<Product> {
  const dir = await mkdtemp(join(tmpdir(), 'margay-browser-'))
  const consoleDir = join(dir, 'console')
  const store = createEmbeddedStore({ dir: join(dir, 'store') })
  await Promise.all([buildConsole(consoleDir), store.open()])
  const opened = unixNow()
  await fill(store, opened, storySeconds)
  const intake = createDirectIntake(store)
  const type = logType('flows')!
  const rows = flows.map((record) => {
    const read = readRow(type, record, opened)
    if (!read.ok) throw new Error(`row of the test: ${JSON.stringify(read.problems)}`)
    return read.row
  })
  if (rows.length > 0)
    await intake.append({ logType: 'flows', rows, source: { id: 'test', epoch: 'test', sequence: 1 } })
  const live = createLive({ maxPending: 100_000, newsSeconds: 3600 }, unixNow)
  const faults: unknown[] = []
  const ended = new AbortController()
  let said: Partial<Health> = health
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    version: web.version,
    allowedHosts: [],
    consoleDir,
    ingest: { maxBytes: 4e6, maxPlainBytes: 4e6, maxLineBytes: 1e5, maxAge: 400 * 86_400 },
  }
  const app = await buildApi(
    config,
    {
      store,
      live,
      intake,
      cluster: 'test',
      unseen: () => [],
      objects: createTestVersions(),
      isReady: () => true,
      isStuck: () => false,
      ends: nobodyReports,
      metrics: () => '',
      now: unixNow,
      onFault: (error) => faults.push(error),
      health: async () => ({
        state: 'ready',
        version: web.version,
        demo: storySeconds > 0,
        now: unixNow(),
        startedAt: opened,
        parts: [],
        sources: [],
        tables: [...(await store.state()).tables],
        ...said,
      }),
    },
    ended.signal,
  )
  const { streams, refuse: refuseStreams } = watchStreams(app.server)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    address,
    live,
    opened,
    faults,
    streams,
    refuseStreams,
    setHealth: (change) => (said = { ...said, ...change }),
    async close() {
      ended.abort()
      await app.close()
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Event streams as the server's sockets know them. Their addresses may be equal, so each is kept as an entry of its own. */
function watchStreams(server: Server): {
  readonly streams: ReadonlySet<OpenStream>
  readonly refuse: () => () => void
} {
  const open = new Set<OpenStream>()
  let isRefused = false
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://server')
    if (url.pathname !== '/api/v1/tail') return
    const stream = {
      subscriptions: url.searchParams.get('subscriptions') ?? '',
      cut: () => void request.socket.destroy(),
    }
    if (isRefused) return stream.cut()
    open.add(stream)
    response.once('close', () => open.delete(stream))
  })
  return {
    streams: open,
    refuse() {
      isRefused = true
      for (const stream of open) stream.cut()
      return () => void (isRefused = false)
    },
  }
}

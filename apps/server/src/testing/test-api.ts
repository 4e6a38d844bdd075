// For tests of the API: the real server over a real embedded store, with flows and objects that the test gives, at a moment
// that stands still.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '@margay/model'
import { logType, parseJsonExact, readRow } from '@margay/model'
import { createEmbeddedStore } from '@margay/store'
import type { AnswerOf, BodyOf, Problem, RouteName, SearchOf, Source } from '@margay/wire'
import { apiPrefix, routes } from '@margay/wire'
import { buildApi } from '../api/api.ts'
import type { ApiDeps } from '../api/context.ts'
import { createLive } from '../live/live.ts'
import { createDirectIntake } from './direct-intake.ts'
import { nobodyReports } from './nobody-reports.ts'
import type { TestVersions } from './versions.ts'
import { createTestVersions } from './versions.ts'

export interface TestApi {
  readonly objects: TestVersions
  /** Stores flow records as they are published. */
  ingest(records: readonly Readonly<Record<string, unknown>>[]): Promise<void>
  /** Stores rows of a log type as they are. */
  store(logType: string, rows: readonly Row[]): Promise<void>
  get<K extends RouteName>(
    route: K,
    search?: SearchOf<K>,
    params?: Readonly<Record<string, string>>,
  ): Promise<AnswerOf<K>>
  post<K extends RouteName>(route: K, body: BodyOf<K>): Promise<AnswerOf<K>>
  /** The problem that a request is answered with; throws where it is answered otherwise. */
  refused<K extends RouteName>(
    route: K,
    asked: {
      readonly search?: SearchOf<K>
      readonly body?: BodyOf<K>
      readonly params?: Readonly<Record<string, string>>
    },
  ): Promise<Problem>
  close(): Promise<void>
}

export interface TestApiConfig {
  /** Unix seconds. */
  readonly now: number
  readonly sources?: readonly Source[]
  readonly deps?: Partial<ApiDeps>
}

/** The cluster whose objects the API knows. */
const testCluster = 'test'

const headers = { host: 'localhost:8585', 'content-type': 'application/json' }

function addressOf(route: RouteName, search: object = {}, params: Readonly<Record<string, string>> = {}): string {
  const path = routes[route].path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const given = Object.entries(search).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
  return `${apiPrefix}${path}?${query.toString()}`
}

export async function openTestApi({ now, sources = [], deps = {} }: TestApiConfig): Promise<TestApi> {
  const dir = await mkdtemp(join(tmpdir(), 'margay-api-'))
  const store = createEmbeddedStore({ dir: join(dir, 'store') })
  await store.open()
  const objects = createTestVersions()
  const intake = createDirectIntake(store)
  const ended = new AbortController()
  const faults: unknown[] = []
  const health = { state: 'ready', version: '9.9.9', demo: false, now, startedAt: now - 60 } as const
  const app = await buildApi(
    {
      listen: { host: '127.0.0.1', port: 0 },
      version: '9.9.9',
      allowedHosts: [],
      consoleDir: join(dir, 'console'),
      ingest: { maxBytes: 4e6, maxPlainBytes: 4e6, maxLineBytes: 1e5, maxAge: 400 * 86_400 },
    },
    {
      store,
      cluster: testCluster,
      live: createLive({ maxPending: 1000 }, () => now),
      intake,
      objects,
      unseen: () => [],
      ends: nobodyReports,
      health: () => Promise.resolve({ ...health, parts: [], sources: [...sources], tables: [] }),
      isReady: () => true,
      isStuck: () => false,
      metrics: () => '',
      now: () => now,
      onFault: (error) => faults.push(error),
      ...deps,
    },
    ended.signal,
  )
  let sequence = 0

  const ask = async (route: RouteName, url: string, body?: unknown) => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
    const reply = await app.inject({ method: routes[route].method, url, headers, ...payload })
    if (faults.length > 0) throw new Error('a request failed inside', { cause: faults[0] })
    return reply
  }
  const answered = async (route: RouteName, url: string, body?: unknown) => {
    const reply = await ask(route, url, body)
    if (reply.statusCode !== 200) throw new Error(`${url} answered ${reply.statusCode}: ${reply.body}`)
    return parseJsonExact(reply.body) as never
  }
  const append = async (type: string, rows: readonly Row[]) => {
    sequence += 1
    await intake.append({ logType: type, rows, source: { id: 'test', epoch: 'test', sequence } })
  }
  return {
    objects,
    store: append,
    async ingest(records) {
      const rows = records.map((record) => {
        const read = readRow(logType('flows')!, record, now)
        if (!read.ok) throw new Error(`row of the test: ${JSON.stringify(read.problems)}`)
        return read.row
      })
      await append('flows', rows)
    },
    get: (route, search, params) => answered(route, addressOf(route, search as object | undefined, params)),
    post: (route, body) => answered(route, addressOf(route), body),
    async refused(route, { search, body, params }) {
      const reply = await ask(route, addressOf(route, search as object | undefined, params), body)
      if (reply.statusCode < 400) throw new Error(`${route} answered ${reply.statusCode}: ${reply.body}`)
      return reply.json<Problem>()
    },
    async close() {
      ended.abort()
      await app.close()
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
}

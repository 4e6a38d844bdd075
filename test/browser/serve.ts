// A console to test in a browser: the real store, API and live bus with the bundle that `buildConsole` makes, filled with
// rows that a test gives. Rows are stored as they are, `counts` included; what the server itself would add is tested there.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '@margay/model'
import { createEmbeddedStore } from '@margay/store'
import { createApi } from '../../apps/server/src/api/api.ts'
import { createLive } from '../../apps/server/src/live/live.ts'
import { createDirectIntake } from '../../apps/server/src/testing/direct-intake.ts'
import { buildConsole } from '../../scripts/build.ts'

const web = join(import.meta.dirname, '..', '..', 'apps', 'web')
const consoleDir = join(web, 'dist')
const { version } = JSON.parse(readFileSync(join(web, 'package.json'), 'utf8')) as { version: string }

export interface ServedConsole {
  readonly address: string
  store(logType: string, rows: readonly Row[]): Promise<void>
  /** Rows that come live, as an agent's; lasting ones are not stored by it. */
  publish(rows: readonly Row[], provisional?: boolean): void
  close(): Promise<void>
}

/** Starts a console over an empty store in a directory of its own. */
export async function serveConsole(now: () => number): Promise<ServedConsole> {
  buildConsole()
  const dir = await mkdtemp(join(tmpdir(), 'margay-browser-'))
  const store = createEmbeddedStore({ dir: join(dir, 'store') })
  await store.open()
  const live = createLive({ maxPending: 100_000 })
  const intake = createDirectIntake(store)
  const ended = new AbortController()
  const api = createApi(
    {
      listen: { host: '127.0.0.1', port: 0 },
      version,
      allowedHosts: [],
      consoleDir,
      ingest: { maxBytes: 4e6, maxPlainBytes: 4e6, maxLineBytes: 1e5, maxAge: 400 * 86_400 },
    },
    {
      store,
      live,
      intake,
      health: async () => ({
        state: 'ready',
        version,
        demo: false,
        now: now(),
        startedAt: now() - 60,
        parts: [],
        sources: [],
        tables: [],
      }),
      metrics: () => '',
      now,
      onFault: (error) => process.stderr.write(`${String(error)}\n`),
    },
  )
  const running = api.run(ended.signal)
  while (api.address() === undefined) await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 20))])
  let sequence = 0
  return {
    address: api.address()!,
    async store(logType, rows) {
      const source = { id: 'test', epoch: '1', sequence: sequence++ }
      await intake.append({ logType, rows, source })
    },
    publish: (rows, provisional = false) => live.publish({ logType: 'flows', provisional, rows }),
    async close() {
      ended.abort()
      await running
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

// A server's durable half as a process of its own: data directory lock, embedded store, ingest thread. Prints one JSON
// line for each thing a test waits for, and takes NDJSON-like batches of rows as JSON lines on standard input.
import { createInterface } from 'node:readline'
import { createHealth, createProcessLogger, lockDirectory, supervise } from '@margay/kit'
import type { Row } from '@margay/model'
import { createEmbeddedStore } from '@margay/store'
import { createLive } from '../../../apps/server/src/live/live.ts'
import { createIngestLink } from '../../../apps/server/src/segment/index.ts'
import { ingestConfig } from '../../../apps/server/src/segment/config.ts'

interface Given {
  readonly dataDir: string
  readonly inventory?: string
  readonly segmentMs?: number
  readonly watch?: boolean
}

const given = JSON.parse(process.argv[2]!) as Given
const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const fail = (error: unknown): never => {
  say({ failed: (error as Error).message })
  process.exit(1)
}

const log = createProcessLogger('error')
const health = createHealth()
const ended = new AbortController()
process.once('SIGTERM', () => ended.abort())

try {
  const lock = lockDirectory(given.dataDir, 'server')
  const store = createEmbeddedStore({ dir: `${given.dataDir}/store`, memoryBytes: 2 ** 30, readers: 1 })
  await store.open()
  const live = createLive({ maxPending: 100_000, newsSeconds: 120 }, () => Math.floor(Date.now() / 1000))
  const config = ingestConfig.parse({ inventory: given.inventory, segmentMs: given.segmentMs ?? 300 })
  const ingest = createIngestLink(
    { config, dataDir: given.dataDir },
    { store, live, onListening: (address) => say({ listening: address, pid: process.pid }) },
  )
  createInterface({ input: process.stdin }).on('line', (line) => {
    const batch = JSON.parse(line) as { rows: Row[]; epoch: string; sequence: number }
    const source = { id: 'ingest:flows', epoch: batch.epoch, sequence: batch.sequence }
    ingest.append({ logType: 'flows', rows: batch.rows, source }).then(
      ({ duplicate }) => say({ appended: batch.sequence, duplicate }),
      (error: unknown) => say({ refused: batch.sequence, message: (error as Error).message }),
    )
  })
  await supervise([ingest], { log, health }, ended.signal)
  await store.close()
  lock.release()
  process.exit(0)
} catch (error) {
  fail(error)
}

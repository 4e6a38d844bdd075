// The engine's process: chDB and nothing else. It runs what it is told, answers in bytes, and may be killed at any moment;
// whatever must outlive it is on disk. It decides nothing and knows no table. Started by engine.ts with `fork`.
import { drainPending } from 'chdb'
import type { EngineOptions, EngineReply, EngineRequest } from './protocol.ts'
import { optionsVariable } from './protocol.ts'
import { createSessionPool, openSession } from './sessions.ts'

type Run = Extract<EngineRequest, { kind: 'run' }>

/** How often progress is asked for, and a query to be killed is looked for. */
const pollMs = 200

const options = JSON.parse(process.env[optionsVariable]!) as EngineOptions
const reply = (message: EngineReply) => process.send!(message)
const pool = createSessionPool(options)
const running = new Set<number>()

/** chDB takes no query id, so a comment names the query in the list of processes. */
const tag = (id: number) => `/* margay ${id} */`

const failure = (error: unknown) => ({
  message: error instanceof Error ? error.message : String(error),
  engineCode: (error as { clickhouseCode?: number }).clickhouseCode,
})

async function processOf(id: number): Promise<{ queryId: string; rowsRead: number } | undefined> {
  const sql = `SELECT query_id, read_rows FROM system.processes WHERE startsWith(query, '${tag(id)}')`
  const result = await pool.use('admin', (session) => session.queryAsync(sql, { format: 'JSONCompactEachRow' }))
  const line = result.text().split('\n')[0]
  if (!line) return undefined
  const [queryId, rowsRead] = JSON.parse(line) as [string, number]
  return { queryId, rowsRead }
}

/** Aborting chDB's promise leaves the query running. KILL … SYNC hangs for ever, so ASYNC, until the query is gone. */
async function cancel(id: number): Promise<void> {
  while (running.has(id)) {
    const found = await processOf(id)
    if (found) {
      const sql = `KILL QUERY WHERE query_id = '${found.queryId}' ASYNC`
      await pool.use('admin', (session) => session.queryAsync(sql))
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function watchProgress(id: number): () => void {
  const timer = setInterval(() => {
    processOf(id).then(
      (found) => found && running.has(id) && reply({ kind: 'progress', id, rowsRead: found.rowsRead }),
      // Progress is a courtesy; the query itself reports what is wrong.
      () => {},
    )
  }, pollMs)
  return () => clearInterval(timer)
}

async function run({ id, lane, sql, format, progress }: Run): Promise<void> {
  running.add(id)
  const stopWatching = progress ? watchProgress(id) : () => {}
  try {
    const result = await pool.use(lane, (session) => session.queryAsync(`${tag(id)} ${sql}`, { format }))
    reply({ kind: 'done', id, bytes: result.bytes() })
  } catch (error) {
    reply({ kind: 'error', id, ...failure(error) })
  } finally {
    running.delete(id)
    stopWatching()
  }
}

async function close(): Promise<void> {
  await drainPending()
  pool.close()
  process.exit(0)
}

process.on('message', (request: EngineRequest) => {
  if (request.kind === 'run') void run(request)
  else if (request.kind === 'cancel') cancel(request.id).catch(() => {})
  else void close()
})
// The guard is gone, killed perhaps: there is nobody to work for, and the next guard wants the directory. An orderly exit
// would wait for the queries that run; what was acknowledged is on disk.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C goes to the whole group; the guard says when to stop.
process.on('SIGINT', () => {})

try {
  // Held open for the process's life: the engine's directory closes with its last session.
  openSession('admin', options)
  reply({ kind: 'open' })
} catch (error) {
  reply({ kind: 'failed', ...failure(error) })
}

// The server as a process of its own, on an empty data directory and a free port, with the console as it is built: what a
// browser test opens, and the second door for what it must find there.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildConsole } from '../../scripts/build.ts'

export interface ServerProcess {
  readonly address: string
  /** Sends published records by the second door; resolves once they are durable. */
  ingest(logType: string, records: readonly object[]): Promise<void>
  close(): Promise<void>
}

/** Ten times what a loaded machine took. */
const startMs = 120_000

export async function startServer(options: readonly string[] = []): Promise<ServerProcess> {
  buildConsole()
  const data = await mkdtemp(join(tmpdir(), 'margay-server-'))
  const entry = join(import.meta.dirname, '../../apps/server/src/main.ts')
  const child = spawn(process.execPath, [entry, '--data', data, '--listen', '127.0.0.1:0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await addressOf(child)
  return {
    address,
    async ingest(logType, records) {
      const response = await fetch(`${address}/api/v1/ingest/${logType}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: records.map((record) => JSON.stringify(record)).join('\n'),
      })
      const answer = (await response.json()) as { readonly refused?: number }
      if (!response.ok || answer.refused !== 0)
        throw new Error(`rows of the test were refused: ${JSON.stringify(answer)}`)
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the server said no address')), startMs)
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const address = /https?:\/\/[\w.:[\]]+/.exec(said)?.[0]
      if (!address) return
      clearTimeout(late)
      resolve(address)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
  })
}

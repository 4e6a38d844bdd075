// The server's process: options, signals, one clear sentence where it cannot start.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, FatalError, createProcessLogger, loadConfig } from '@margay/kit'
import { StoreError } from '@margay/store'
import { dataDirOf, serverConfig } from './config.ts'
import { runServer } from './server.ts'

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string
}

/** What a person needs to know; the stack only where it is our fault. */
function sentenceOf(error: unknown): string {
  if (error instanceof StoreError) return `${error.message}; ${error.hint}`
  if (error instanceof ConfigError || error instanceof FatalError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

async function main(): Promise<void> {
  const { action, config, text } = loadConfig(serverConfig, { argv: process.argv.slice(2), env: process.env })
  if (action === 'print') return void process.stdout.write(text)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  const deps = {
    dataDir: dataDirOf(config, process.env),
    version,
    log: createProcessLogger(config.logLevel),
    onListening: (address: string) => void process.stdout.write(`Margay ${version} answers at ${address}\n`),
  }
  await runServer(config, deps, stop.signal)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`margay server: ${sentenceOf(error)}\n`)
  process.exitCode = 1
}

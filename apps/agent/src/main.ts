// The agent: the only part of Margay that is root. Built by hand, top to bottom.
import { ConfigError, createHealth, createProcessLogger, loadConfig, supervise } from '@margay/kit'
import { createCollection } from './collection.ts'
import { agentConfig } from './config.ts'
import { openNative } from './kernel/native.ts'
import { createPrintOutput } from './print-output.ts'

function fail(message: string): never {
  process.stderr.write(`margay agent: ${message}\n`)
  process.exit(1)
}

function readConfig() {
  try {
    return loadConfig(agentConfig, { argv: process.argv.slice(2), env: process.env })
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message)
    throw error
  }
}

const { action, config, text } = readConfig()
if (action === 'print') {
  process.stdout.write(text)
  process.exit(0)
}
const opened = openNative()
if ('problem' in opened) fail(opened.problem)
const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())
const health = createHealth()
const log = createProcessLogger('info')
const output = createPrintOutput({ write: (line) => void process.stdout.write(line) })
const collection = createCollection(config, {
  native: opened.native,
  output,
  health,
  log,
  onOpen: () => log.info('collecting'),
})
await supervise([collection], { log, health }, ended.signal)

// The agent: the only part of Margay that is root. Built by hand, top to bottom: what collectors see goes to the ship,
// which keeps it on disk until the server has it, or with --print to standard output.
import { networkInterfaces } from 'node:os'
import {
  aborted,
  atMost,
  ConfigError,
  createHealth,
  createProcessLogger,
  FatalError,
  loadConfig,
  supervise,
} from '@margay/kit'
import type { AgentOutput } from '@margay/wire'
import { reportCollectors } from './collectors/report.ts'
import { agentConfig } from './config.ts'
import { examine } from './doctor/examine.ts'
import { printReport } from './doctor/print.ts'
import { askServer } from './doctor/server.ts'
import { openNative } from './kernel/native.ts'
import { createPrintOutput } from './print-output.ts'
import { createShip } from './ship/index.ts'
import { createCollectionThread, isCollectionThread, runThread } from './thread/collection-thread.ts'
import manifest from '../package.json' with { type: 'json' }

function fail(message: string): never {
  process.stderr.write(`margay agent: ${message}\n`)
  process.exit(1)
}

function readConfig(argv: readonly string[]) {
  try {
    return loadConfig(agentConfig, { argv, env: process.env })
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message)
    throw error
  }
}

const ownAddresses = () =>
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .map(({ address }) => address)

/** `doctor [--json]`: what will and will not be seen on this machine, and why. */
async function doctor(argv: readonly string[]): Promise<void> {
  const asJson = argv.includes('--json')
  const { config } = readConfig(argv.filter((word) => word !== '--json'))
  const report = { ...examine(config), delivery: await askServer(config, Date.now) }
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : printReport(report))
}

/** Collectors that do not open must not keep the server from hearing of it. */
const openPatienceMs = 10_000

async function run(argv: readonly string[]): Promise<void> {
  const { action, config, text } = readConfig(argv)
  if (action === 'print') return void process.stdout.write(text)
  const opened = openNative()
  if ('problem' in opened) return fail(opened.problem)
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())
  const health = createHealth()
  const log = createProcessLogger('info')
  const opening = Promise.withResolvers<void>()
  const onOpen = () => {
    log.info('collecting')
    opening.resolve()
  }
  const collect = (output: AgentOutput) =>
    supervise(
      [createCollectionThread(config, { output, health, onOpen, entry: import.meta.filename })],
      { log, health },
      ended.signal,
    )
  if (config.print) return collect(createPrintOutput({ write: (line) => void process.stdout.write(line) }))
  const { node, data } = config
  const { version } = manifest
  const ship = createShip(config.ship, {
    log,
    health,
    agent: node,
    host: node,
    version,
    dataDir: data,
    addresses: ownAddresses,
    collectors: () => reportCollectors(health.report()),
  })
  const output = ship.open()
  // The ship says hello once collectors can say how they are, and leaves last: what they write at the end goes to the spool.
  const shipEnded = new AbortController()
  const shipping = atMost(openPatienceMs, Promise.race([opening.promise, aborted(ended.signal)]))
    .then(() => supervise([ship], { log, health }, shipEnded.signal))
    .finally(() => ended.abort())
  await Promise.all([shipping, collect(output).finally(() => shipEnded.abort())])
}

const [word, ...rest] = process.argv.slice(2)
if (isCollectionThread) await runThread()
else if (word === 'doctor') await doctor(rest)
else {
  await run(process.argv.slice(2)).catch((error: unknown) => {
    if (!(error instanceof FatalError)) throw error
    fail(error.message)
  })
}

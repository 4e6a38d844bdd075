// `npm start`: sets up what is missing, builds what changed, starts the server and, beside it, the agent of this machine, and
// says in one line what works. `-- --demo` shows invented data instead and needs neither root nor traffic. Every other
// option goes to the server as it is (`--data DIR`, `--listen HOST:PORT`, `--inventory DIR`).
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, loadConfig } from '@margay/kit'
import { dataDirOf, serverConfig } from '@margay/server'
import type { Health, Source } from '@margay/wire'
import { buildAgentIfPossible, buildConsole } from './build.ts'

const root = join(import.meta.dirname, '..')
const words = process.argv.slice(2)
const isRoot = process.getuid?.() === 0

const say = (line: string) => process.stderr.write(`margay: ${line}\n`)

/** The server's options as it will read them itself; `--help`, `--check` and `--dump` are answered before anything is set up. */
function readOptions() {
  try {
    const { action, config, text } = loadConfig(serverConfig, { argv: words, env: process.env })
    if (action === 'run') return config
    process.stdout.write(text)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    say(error.message)
    process.exit(1)
  }
}

const options = readOptions()
const { demo } = options
const dataDir = dataDirOf(options, process.env)
const listensAt = options.ingest.listen ?? `unix:${join(dataDir, 'agent.sock')}`
const scheme = options.tls.cert === undefined ? 'http' : 'https'
const agentsDoor = listensAt.startsWith('unix:') ? listensAt : `${scheme}://${listensAt}`
/** Where it is asked who asks, or the certificate is not one that we know, the state is for people to look at. */
const isGuarded = scheme === 'https' || options.auth.tokens !== undefined || options.auth.kubernetes

/** Debian packages that the agent needs; a demo needs none. */
function setUpSystem(): void {
  const missing = spawnSync(join(root, 'scripts', 'setup'), ['--check'], { encoding: 'utf8' })
  if (missing.status === 0) return
  if (!isRoot) {
    say('not root, so nothing is installed from Debian; `sudo scripts/setup` would (see README.md)')
    return
  }
  say('some Debian packages are missing; scripts/setup installs them')
  const asks = process.stdin.isTTY ? [] : ['--yes']
  spawnSync(join(root, 'scripts', 'setup'), asks, { stdio: ['inherit', 2, 2] })
}

const children = new Map<string, ChildProcess>()
let stopping = false

function start(name: string, script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  child.stdout.pipe(process.stdout, { end: false })
  children.set(name, child)
  child.on('exit', () => children.delete(name))
  return child
}

const ended = (child: ChildProcess) =>
  new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))

async function stop(status: number): Promise<never> {
  stopping = true
  // The agent first: what it still has goes to a server that is there.
  for (const name of ['agent', 'server']) {
    const child = children.get(name)
    if (!child) continue
    child.kill('SIGTERM')
    await Promise.race([ended(child), sleep(15_000).then(() => void child.kill('SIGKILL'))])
  }
  process.exit(status)
}

/** The address that our own server says it answers at, and nobody else's; undefined when it ended instead. */
function addressOf(server: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = ''
    server.stdout!.on('data', (text: Buffer) => {
      said += text.toString()
      const address = / answers at (http\S+)\n/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    })
    server.once('exit', () => resolve(undefined))
  })
}

async function readHealth(address: string): Promise<Health> {
  const response = await fetch(`${address}/api/v1/health`)
  return (await response.json()) as Health
}

const { token, tokenFile } = options.ingest
const tokenForAgent: NodeJS.ProcessEnv = {
  ...(token !== undefined && { MARGAY_SHIP_TOKEN: token }),
  ...(tokenFile !== undefined && { MARGAY_SHIP_TOKEN_FILE: tokenFile }),
}

/** Keeps the agent running; a second start waits longer, so that a fault of the machine does not fill the screen. */
async function keepAgent(): Promise<void> {
  for (let wait = 1000; !stopping; wait = Math.min(wait * 2, 60_000)) {
    const args = ['--ship-server', agentsDoor, '--data', join(dataDir, 'agent')]
    // A token is no argument: those are for everybody to see.
    const code = await ended(start('agent', 'apps/agent/src/main.ts', args, tokenForAgent))
    if (stopping) return
    say(`the agent of this machine ended with code ${code}; started again in ${wait / 1000} s`)
    await sleep(wait)
  }
}

function summary(health: Health): string {
  const parts = health.parts.map(({ name, state }) => `${name} ${state}`)
  const agents = health.sources
    .filter(({ kind }) => kind === 'agent')
    .map(({ host, state }) => `agent ${host ?? ''} ${state}`)
  return [...parts, ...agents].join(', ')
}

const isUp = ({ state }: Source) => state !== 'starting'

/** Waits while the agent runs, a minute at most: a machine that has other work to do takes a while until it is heard. */
async function untilCollecting(address: string): Promise<Health> {
  let health = await readHealth(address)
  for (let tries = 0; tries < 600 && children.has('agent') && !health.sources.some(isUp); tries++) {
    await sleep(100)
    // A server that ended meanwhile has said why.
    health = await readHealth(address).catch(() => health)
  }
  return health
}

process.on('SIGINT', () => void stop(0))
process.on('SIGTERM', () => void stop(0))

if (!demo) setUpSystem()
if (!existsSync(join(root, 'apps', 'web', 'dist', 'index.html'))) say('building the console (some seconds, once)')
buildConsole()

const server = start('server', 'apps/server/src/main.ts', words)
const address = await addressOf(server)
if (address === undefined) process.exit(1)
server.once('exit', (code) => {
  if (!stopping) void stop(code ?? 1)
})

if (!demo) {
  const agent = buildAgentIfPossible()
  if ('problem' in agent)
    say(
      `${agent.problem.split('\n')[0]}; without it only the other doors bring data (margay import, POST /api/v1/ingest/flows)`,
    )
  else void keepAgent()
}
const shows = demo ? 'invented data (--demo)' : 'this machine'
if (isGuarded) process.stdout.write(`\nMargay shows ${shows} on ${address}\n`)
else {
  const settled = await untilCollecting(address)
  const poor = settled.sources.find(
    ({ kind, state }) => kind === 'agent' && (state === 'degraded' || state === 'failed'),
  )
  if (poor)
    say(
      `${isRoot ? '' : 'not root, so '}this machine is seen in part (${poor.says}); other doors bring data too (margay import, POST /api/v1/ingest/flows), and margay doctor says more`,
    )
  process.stdout.write(`\nMargay shows ${shows} on ${address}\n${summary(settled)}\n`)
}

// Builds what is not TypeScript run as it stands: the console's bundle, the eBPF object and the agent's addon. Each only when
// its sources changed. What cannot be built here is said, with what to do, and the rest goes on.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildAgent } from '../apps/agent/build.ts'

const root = join(import.meta.dirname, '..')
const web = join(root, 'apps', 'web')
const mark = join(web, 'dist', '.sources.sha256')

function hashTree(path: string, hash: ReturnType<typeof createHash>): void {
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue
    const inner = join(path, entry.name)
    if (entry.isDirectory()) hashTree(inner, hash)
    else hash.update(inner.slice(root.length)).update(readFileSync(inner))
  }
}

function consoleSources(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  for (const room of [
    'apps/web',
    'packages/model',
    'packages/query',
    'packages/graph',
    'packages/policy',
    'packages/wire',
  ]) {
    hashTree(join(root, room), hash)
  }
  return hash.digest('hex')
}

/** Builds the console where its sources changed; tells whether it did. Throws with the bundler's words. */
export function buildConsole(): boolean {
  const wanted = consoleSources()
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return false
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: web,
    encoding: 'utf8',
    // Whoever asks for it, a test too: the bundle is the one that people get.
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) throw new Error(`build the console:\n${stdout}${stderr}`)
  writeFileSync(mark, wanted)
  return true
}

/** Builds the agent's parts; where that is not possible here gives the reason, one line. */
export function buildAgentIfPossible(): { readonly built: readonly string[] } | { readonly problem: string } {
  try {
    return { built: buildAgent() }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

if (import.meta.main) {
  process.stdout.write(buildConsole() ? 'built the console\n' : 'the console is up to date\n')
  const agent = buildAgentIfPossible()
  if ('problem' in agent) {
    process.stderr.write(`${agent.problem}\n`)
    process.exitCode = 1
  } else process.stdout.write(`built for the agent: ${agent.built.join(', ') || 'nothing, all is up to date'}\n`)
}

// The commands of docs/install.md, run as they are written there, in their order, against a real API server. Those that need more
// are named with what they need; a command that is neither is a failure, so that none is written without being looked at.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiServer } from '../api-server.ts'
import { startApiServer } from '../api-server.ts'
import { helm } from '../build/helm.ts'
import { binary } from '../build/places.ts'
import { describeCluster, startMs } from '../suite.ts'

const root = join(import.meta.dirname, '../../..')

/** What cannot be run here, by what it needs; tests that do the same are named where there are any. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^scripts\/setup/, 'changes the machine'],
  [/^npm run image/, 'takes minutes: installed.test.ts'],
  [/rollout status|port-forward| exec /, 'pods that run: installed.test.ts'],
  [/^margay /, 'a server that runs: installed.test.ts and test/e2e'],
  [/^npm start|^node apps\/agent/, 'certificates and another machine: door.test.ts and http-link.test.ts'],
]

const manual = readFileSync(join(root, 'docs/install.md'), 'utf8')
/** Blocks of commands, and whole ones in a sentence; in the order of the page, which is that of an installation. */
const written = [...manual.matchAll(/^```\n(.*?)^```|`((?:kubectl|helm) [^`]*-n margay[^`]*)`/gms)]
const commands = written.flatMap(([, block, single = '']) =>
  block === undefined ? [single] : block.trim().split('\n'),
)

const authorityFile = 'margay-ca.crt'
const leavesAuthority = (command: string) => command.endsWith(`> ${authorityFile}`)

describeCluster('the commands of the manual', 'cluster', () => {
  let api: ApiServer
  let dir: string

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'margay-manual-'))
    api = await startApiServer()
    mkdirSync(join(dir, 'bin'))
    symlinkSync(helm, join(dir, 'bin/helm'))
    symlinkSync(binary('kubectl'), join(dir, 'bin/kubectl'))
    symlinkSync(join(root, 'deploy'), join(dir, 'deploy'))
  }, startMs)
  afterAll(async () => {
    await api?.stop()
    rmSync(dir, { recursive: true })
  })

  const run = (command: string) => {
    const env = { ...process.env, KUBECONFIG: api.kubeconfig, PATH: `${join(dir, 'bin')}:${process.env.PATH}` }
    return execFileSync('bash', ['-euc', command], {
      cwd: dir,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(15)
    expect(commands.some(leavesAuthority)).toBe(true)
    for (const [words] of elsewhere)
      expect(
        commands.filter((command) => words.test(command)),
        String(words),
      ).not.toEqual([])
  })

  it.each(commands.filter((command) => !elsewhere.some(([words]) => words.test(command))))('%s', (command) => {
    // No controller makes the claim here.
    if (command.includes('delete pvc')) return expect(() => run(command)).toThrow(/"data-margay-server-0" not found/)
    const said = run(command)
    if (command.includes('create token')) expect(said.trim() || command).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$|^export/)
    if (leavesAuthority(command)) {
      expect(readFileSync(join(dir, authorityFile), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----\n/)
    }
  })
})

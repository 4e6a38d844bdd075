import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FatalError } from '../supervise.ts'
import { lockDirectory } from './lock.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'margay-kit-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const holder = () => JSON.parse(readFileSync(join(dir, 'lock'), 'utf8')) as Record<string, unknown>
const pretend = (change: Record<string, unknown>) =>
  writeFileSync(join(dir, 'lock'), JSON.stringify({ ...holder(), ...change }))

describe('lockDirectory', () => {
  it('refuses a second process and names the first', async () => {
    const module = JSON.stringify(join(import.meta.dirname, 'lock.ts'))
    const script = `import { lockDirectory } from ${module}; lockDirectory(${JSON.stringify(dir)}, 'server'); console.log('held'); setTimeout(() => {}, 1e6)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(() => lockDirectory(dir, 'server')).toThrow(FatalError)
    expect(() => lockDirectory(dir, 'server')).toThrow(`the server with pid ${child.pid} on`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    lockDirectory(dir, 'server').release()
  })
  it.each([
    ['the pid came again', { start: '1' }],
    ['the machine was started anew', { boot: 'other' }],
  ])('takes over where %s', (_, change) => {
    lockDirectory(dir, 'server')
    pretend(change)
    lockDirectory(dir, 'server').release()
  })
  it('believes a holder on another machine while it refreshes, and no longer', () => {
    lockDirectory(dir, 'server')
    pretend({ machine: 'elsewhere' })
    expect(() => lockDirectory(dir, 'server')).toThrow('on elsewhere')
    const old = new Date(Date.now() - 60_000)
    utimesSync(join(dir, 'lock'), old, old)
    lockDirectory(dir, 'server').release()
  })
})

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNetnsOwners } from './netns-owners.ts'

let procPath: string
let now: number

beforeEach(() => {
  procPath = mkdtempSync(join(tmpdir(), 'margay-proc-'))
  now = 0
})
afterEach(() => rmSync(procPath, { recursive: true }))

/** A process whose namespace is a file of its own; its number is that file's inode. */
function addProcess(pid: number, cgroup: string): number {
  const dir = join(procPath, String(pid))
  mkdirSync(join(dir, 'ns'), { recursive: true })
  writeFileSync(join(dir, 'cgroup'), `0::${cgroup}\n`)
  writeFileSync(join(dir, 'ns', 'net'), '')
  return statSync(join(dir, 'ns', 'net')).ino
}

/** Asks one and the same table. */
function ask(): (netns: number) => boolean | undefined {
  const owners = createNetnsOwners({ cgroup: 'nodes/a', procPath }, { clock: () => now })
  return (netns) => owners.isOurs(netns)
}

describe('whose a network namespace is', () => {
  it('is told by the cgroups of the processes in it', () => {
    const [own, other, alike] = [addProcess(1, '/nodes/a/pod1'), addProcess(2, '/nodes/b'), addProcess(3, '/nodes/ab')]
    const isOurs = ask()
    expect([own, other, alike].map(isOurs)).toEqual([true, false, false])
  })

  it('is nobody’s where nobody lives', () => expect(ask()(12_345)).toBeUndefined())

  it('is looked for again, once a second, for pods come and go', () => {
    const isOurs = ask()
    expect(isOurs(1)).toBeUndefined()
    const own = addProcess(1, '/nodes/a')
    expect(isOurs(own)).toBeUndefined()
    now += 1_000
    expect(isOurs(own)).toBe(true)
  })
})

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mountSmall } from './small-disk.ts'
import { temporaryDir } from './stores.ts'

const isRoot = process.getuid?.() === 0
const mounts = () => readFileSync('/proc/mounts', 'utf8')

it.skipIf(!isRoot)(
  'a small disk goes with its test, and one that a killed run has left with the next (root mounts)',
  () => {
    const { dir, remove } = temporaryDir()
    const [left, made] = [join(dir, 'left'), join(dir, 'made')]
    for (const place of [left, made]) mkdirSync(place)
    const gone = spawnSync('true').pid
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', `margay-test-${gone}`, left])
    const unmount = mountSmall(made, '1m')
    expect(mounts()).toContain(` ${made} `)
    expect(mounts()).not.toContain(` ${left} `)
    unmount()
    expect(mounts()).not.toContain(` ${made} `)
    remove()
  },
)

// A cluster that is killed while it starts, or whose test is, leaves processes, namespaces and mounts behind. Whoever comes next
// takes them down by what was recorded, and then nothing is left.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { build } from './build/build.ts'
import { isKept, stopCluster } from './cluster.ts'
import { processesOf } from './parts/cgroups.ts'
import { run, until } from './parts/command.ts'
import { readRecord } from './parts/record.ts'
import { describeCluster, startMs } from './suite.ts'

const say = (line: string) => void process.stderr.write(`cluster: ${line}\n`)

/** Everything on this machine that has a cluster's prefix in its name. */
function leftOf(prefix: string): readonly string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const cgroups = mounts.map((line) => line.split(' ')).filter(([, , type = '']) => type.startsWith('cgroup'))
  return [
    ...run('ip', 'netns').split('\n'),
    ...run('ip', '-oneline', 'link').split('\n'),
    ...mounts,
    ...cgroups.flatMap(([, path = '']) => readdirSync(path).map((name) => join(path, name))),
  ].filter((name) => name.includes(prefix))
}

describeCluster('a cluster that is killed while it starts', 'cluster', () => {
  it('is taken down by the next, to the last name', { timeout: startMs }, async () => {
    await build('cluster', say)
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'up'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += text.toString()))
    const ended = new Promise((resolve) => child.once('close', resolve))
    await until('the API server to be up', () => said.includes('API server:') || child.exitCode !== null, {
      why: () => said,
    })
    child.kill('SIGKILL')
    await ended
    const record = readRecord()!
    expect(isKept(record), 'it is somebody else’s: npm run cluster -- down').toBe(false)
    expect(processesOf(record.cgroup).length, said).toBeGreaterThan(5)
    expect(leftOf(record.prefix)).not.toEqual([])
    expect(await stopCluster(say)).toBe(true)
    expect([leftOf(record.prefix), existsSync(record.dir), readRecord()]).toEqual([[], false, undefined])
  })
})

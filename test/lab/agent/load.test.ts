// Thousands of connections a second: each is counted once at both ends, and what the kernel side could not hand over is
// counted too, so that the two together are what was made.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import type { PrintedRow } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'

describe('many connections', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  const dir = mkdtempSync(join(tmpdir(), 'margay-lab-'))
  const program = join(dir, 'agent-load')
  beforeAll(async () => {
    execFileSync('cc', ['-O2', join(import.meta.dirname, '../../../bench/agent-load.c'), '-o', program])
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
    await b.start(program, 'serve', b.ip).says('ready')
  })
  afterAll(async () => {
    await lab.close()
    rmSync(dir, { recursive: true })
  })

  /** Connects for a while, so often a second or as fast as it can; the number of connections made. */
  const connect = async (seconds: number, perSecond = 0): Promise<number> => {
    const { stdout } = await a.run(program, 'connect', b.ip, String(seconds), String(perSecond))
    return stdout
      .split('\n')
      .map((line) => Number(line.split(' ')[1] ?? 0))
      .reduce((sum, one) => sum + one, 0)
  }
  const ended = (rows: readonly PrintedRow[], reporter: string) =>
    total(
      rows.filter((row) => row.dest_port === 7000 && row.reporter === reporter),
      'num_flows_completed',
    )

  it('are each counted once, by both ends', async () => {
    const agent = await startAgent(lab)
    // Fewer than the ring holds, for the agent may have to wait for a processor all the while.
    const made = await connect(3, 4000)
    const rows = await agent.stop()
    expect(made).toBeGreaterThan(100)
    expect(rows.filter(({ log }) => log === 'lost')).toEqual([])
    expect([ended(rows, 'src'), ended(rows, 'dst')]).toEqual([made, made])
  })

  it('are counted or counted as lost where the agent could not keep up', async () => {
    const agent = await startAgent(lab)
    agent.signal('SIGSTOP')
    let made = 0
    // The ring holds some 37,000 ends.
    while (made < 25_000) made += await connect(1)
    agent.signal('SIGCONT')
    await agent.sees('the loss', (row) => row.what === 'kernel_tcp')
    const rows = await agent.stop()
    const lost = total(
      rows.filter((row) => row.what === 'kernel_tcp'),
      'count',
    )
    expect(lost).toBeGreaterThan(0)
    expect(ended(rows, 'src') + ended(rows, 'dst') + lost).toBe(2 * made)
  })
})

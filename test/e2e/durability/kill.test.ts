// kill -9 of every process on the path, under load: nothing that was durable is lost, nothing is doubled.
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Running } from './processes.ts'
import { childrenOf, start, storedRows, temporaryDir, waitFor, whenStored } from './processes.ts'

const rounds = 5
let data: ReturnType<typeof temporaryDir>
let running: Running[]
beforeEach(() => {
  data = temporaryDir()
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((process) => process.kill()))
  data.remove()
})

const startServer = async () => {
  const server = start('server-process.ts', { dataDir: join(data.dir, 'server') })
  running.push(server)
  await server.said('listening')
  return server
}
const startAgent = (given: { readonly first?: number; readonly intervals?: number } = {}) => {
  const agent = start('agent-process.ts', {
    dataDir: join(data.dir, 'agent'),
    server: `unix:${join(data.dir, 'server', 'agent.sock')}`,
    agent: 'node-1',
    intervalMs: 100,
    rowsPerInterval: 500,
    first: 0,
    intervals: 60,
    ...given,
  })
  running.push(agent)
  return agent
}

/** Waits until everything is acknowledged and in the store. */
const settle = async (agent: Running, server: Running) => {
  await agent.said('made')
  await waitFor(() => agent.last<number>('waiting') === 0)
  await agent.stop()
  await whenStored(join(data.dir, 'server'))
  await server.stop()
}

describe('kill -9 under load', () => {
  it(`of the server, ${rounds} times: every row of the agent is stored once`, async () => {
    const agent = startAgent()
    let server = await startServer()
    for (let round = 0; round < rounds; round++) {
      await pause(300 + 170 * round)
      await server.kill()
      server = await startServer()
    }
    await settle(agent, server)
    const made = agent.last<number>('made')!
    expect(agent.last('lost')).toEqual({})
    expect(await storedRows(join(data.dir, 'server'))).toEqual({ rows: made, distinct: made })
  })

  it(`of the store's engine, ${rounds} times: the server goes on and every row is stored once`, async () => {
    const server = await startServer()
    const agent = startAgent()
    let killed = 0
    for (let round = 0; round < rounds; round++) {
      await pause(700 + 130 * round)
      for (const pid of childrenOf(server.child.pid!, 'engine-child')) {
        process.kill(pid, 'SIGKILL')
        killed++
      }
    }
    expect(killed).toBeGreaterThanOrEqual(rounds - 1)
    await settle(agent, server)
    const made = agent.last<number>('made')!
    expect(await storedRows(join(data.dir, 'server'))).toEqual({ rows: made, distinct: made })
  })

  it(`of the agent, ${rounds} times: what its spool had synced is stored once`, async () => {
    const server = await startServer()
    let first = 0
    let durable = 0
    for (let round = 0; round < rounds; round++) {
      const doomed = startAgent({ first, intervals: 1_000 })
      await doomed.said('durable')
      await pause(400 + 110 * round)
      await doomed.kill()
      durable += doomed.last<number>('durable')! - first
      first += 1_000_000
    }
    const agent = startAgent({ first, intervals: 1 })
    await settle(agent, server)
    const { rows, distinct } = await storedRows(join(data.dir, 'server'))
    expect(rows).toBe(distinct)
    expect(rows).toBeGreaterThanOrEqual(durable + 500)
    // Of an interval that was being written when the kill came, some rows may be there that nobody was told of.
    expect(rows).toBeLessThanOrEqual(durable + 500 + rounds * 500)
  })
})

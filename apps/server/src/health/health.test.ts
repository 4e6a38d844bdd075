import { describe, expect, it } from 'vitest'
import { agentSource } from './agents.ts'
import { createHealthReport } from './health.ts'
import { countedIntake, createSources } from './sources.ts'
import { stageMetrics } from './stage-metrics.ts'

const now = 1_793_000_000

const agent = {
  agent: 'node-1',
  host: 'node-1',
  version: '0.1.0',
  since: now - 100,
  lastSeen: now - 2,
  rowsTotal: 500,
  rowsPerSecond: 12,
  lost: [],
  collectors: [],
}

describe('the health report', () => {
  const report = createHealthReport(
    { version: '0.1.0', demo: false, startedAt: now - 60 },
    {
      stages: () => ({
        segments: {
          state: 'degraded',
          detail: 'the disk is slow',
          hint: 'look at iostat',
          lagMs: 4200,
          lost: { rows: 3 },
        },
        retention: { state: 'off' },
      }),
      store: {
        state: () =>
          Promise.resolve({
            engine: 'chdb',
            state: 'ready',
            restarts: 1,
            queued: 0,
            tables: [{ logType: 'flows', rows: 5, bytes: 80, newest: now }],
          }),
      },
      counted: () => [{ id: 'ingest:flows', kind: 'import', rowsTotal: 5, rowsPerSecond: 0, lastSeen: now - 61 }],
      agents: (at) => [agentSource(agent, at)],
      now: () => now,
    },
  )

  it('is as bad as the worst part that is wanted, and says why and what to do', async () => {
    const health = await report()
    expect(health.state).toBe('degraded')
    expect(health.parts[0]).toMatchObject({
      name: 'segments',
      says: 'the disk is slow',
      hint: 'look at iostat',
      lagSeconds: 4.2,
      lost: [{ what: 'rows', count: 3, since: now - 60 }],
    })
    expect(health.parts[2]).toMatchObject({ name: 'store', state: 'ready', figures: { restarts: 1 } })
    expect(health.tables).toEqual([{ logType: 'flows', rows: 5, bytes: 80, newest: now }])
  })

  it('tells sources that send from those that are silent', async () => {
    const { sources } = await report()
    expect(sources.map(({ id, state }) => [id, state])).toEqual([
      ['agent:node-1', 'ready'],
      ['ingest:flows', 'off'],
    ])
    expect(agentSource(agent, now + 60)).toMatchObject({ state: 'failed', says: 'says nothing since 62 s' })
  })

  it("says for a day that an agent sent rows of other nodes' pods", () => {
    const strange = { ...agent, elsewhere: { rows: 3, last: now - 86_400 } }
    expect(agentSource(strange, now)).toMatchObject({
      state: 'degraded',
      says: expect.stringContaining("3 rows of other nodes' pods") as string,
    })
    expect(agentSource(strange, now + 1)).toMatchObject({ state: 'ready' })
  })

  it('says which collectors of an agent miss something', () => {
    const collectors = [
      { name: 'tcp', title: 'TCP', state: 'ready' as const, says: 'reads sockets', missingFields: [] },
      { name: 'drops', title: 'Drops', state: 'failed' as const, says: 'no BTF', missingFields: ['drop_reason'] },
    ]
    expect(agentSource({ ...agent, collectors }, now)).toMatchObject({ state: 'degraded', says: 'Drops: no BTF' })
  })
})

describe('sources', () => {
  it('counts rows by sender and their rate over ten seconds', () => {
    const sources = createSources()
    for (let second = 0; second < 20; second++) sources.note({ id: 'a', kind: 'import', rows: 30, now: now + second })
    expect(sources.list(now + 19)).toEqual([
      { id: 'a', kind: 'import', rowsTotal: 600, rowsPerSecond: 30, lastSeen: now + 19 },
    ])
    expect(sources.list(now + 40)[0]?.rowsPerSecond).toBe(0)
  })

  it('does not count what was stored before', async () => {
    const sources = createSources()
    let duplicate = false
    const intake = countedIntake({ append: () => Promise.resolve({ duplicate }) }, 'demo', { sources, now: () => now })
    const batch = { logType: 'flows', rows: [{}, {}], source: { id: 'demo:flows', epoch: 'e', sequence: 1 } }
    await intake.append(batch)
    duplicate = true
    await intake.append(batch)
    expect(sources.list(now)[0]).toMatchObject({ kind: 'demo', rowsTotal: 2 })
  })
})

it('gives the stages as metrics: up, queue, lag and loss', () => {
  const text = stageMetrics({
    inserts: { state: 'ok', queue: { length: 5, limit: 10, unit: 'bytes' }, lagMs: 1500, lost: { set_aside_rows: 2 } },
    api: { state: 'failed', restarts: 3 },
    agent: { state: 'off' },
  })
  expect(text).toContain(
    '# TYPE margay_stage_up gauge\nmargay_stage_up{stage="inserts"} 1\nmargay_stage_up{stage="api"} 0\n',
  )
  expect(text).toContain('margay_stage_queue{stage="inserts",unit="bytes"} 5\n')
  expect(text).toContain('margay_stage_lag_seconds{stage="inserts"} 1.5\n')
  expect(text).toContain('margay_stage_lost_total{stage="inserts",reason="set_aside_rows"} 2\n')
  expect(text).toContain('margay_stage_restarts_total{stage="api"} 3\n')
})

// The question about activity against a real store: sums by rule, the newest moment, and since when there is anything.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row } from '@margay/model'
import { createEmbeddedStore } from '@margay/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDirectIntake } from '../testing/direct-intake.ts'
import { readActivity } from './read-activity.ts'

const at = 1_793_000_000
const dir = mkdtempSync(join(tmpdir(), 'margay-activity-'))
const store = createEmbeddedStore({ dir })
const row = (minute: number, rule: string, more: Row = {}): Row => ({
  start_time: at + minute * 60,
  end_time: at + minute * 60 + 60,
  cluster: 'c1',
  'policy.kind': 'StagedNetworkPolicy',
  'policy.namespace': 'shop',
  'policy.name': 'p',
  tier: 'default',
  rule,
  direction: 'ingress',
  action: 'deny',
  last_evaluated: at + minute * 60 + 50,
  num_flows_started: 1,
  packets_in: 2,
  packets_out: 3,
  bytes_in: 20,
  bytes_out: 30,
  ...more,
})

beforeAll(async () => {
  await store.open()
  const odd = row(2, 'later-than-us')
  const foreign = [
    row(-1, '2-ingress-4', { cluster: 'c2' }),
    row(1, '2-ingress-4', { cluster: 'c2', num_flows_started: 100 }),
  ]
  const rows = [row(0, '2-ingress-4'), row(1, '2-ingress-4'), row(1, '2-ingress--1'), odd, ...foreign]
  await createDirectIntake(store).append({
    logType: 'policy_activity',
    rows,
    source: { id: 'test', epoch: 'e', sequence: 0 },
  })
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('activity', () => {
  const options = { now: at + 600 }
  it('adds up by rule, with the newest moment, and leaves out what it cannot read', async () => {
    const { activity, since } = await readActivity(store, { cluster: 'c1', from: at, to: at + 600 }, options)
    const name = { kind: 'CalicoNetworkPolicy', staged: true, namespace: 'shop', name: 'p', tier: 'default' }
    expect(since).toBe(at)
    expect(activity.toSorted((a, b) => a.counts.connections - b.counts.connections)).toEqual([
      {
        ...name,
        generation: 2,
        direction: 'ingress',
        index: 'none',
        action: 'deny',
        counts: { connections: 1, packets: 5, bytes: 50 },
        lastEvaluated: at + 110,
      },
      {
        ...name,
        generation: 2,
        direction: 'ingress',
        index: 4,
        action: 'deny',
        counts: { connections: 2, packets: 10, bytes: 100 },
        lastEvaluated: at + 110,
      },
    ])
  })
  it('of a time without any is empty', async () => {
    const range = { cluster: 'c1', from: at + 300, to: at + 600 }
    expect((await readActivity(store, range, options)).activity).toEqual([])
  })
  it('is of one cluster, and of one policy where it is named', async () => {
    const range = { from: at, to: at + 600 }
    const counted = async (asked: { cluster: string; names?: readonly string[] }) => {
      const { activity, since } = await readActivity(store, { ...asked, ...range }, options)
      return [activity.reduce((sum, { counts }) => sum + counts.connections, 0), since]
    }
    expect(await counted({ cluster: 'c1' })).toEqual([3, at])
    expect(await counted({ cluster: 'c2' })).toEqual([100, at - 60])
    expect(await counted({ cluster: 'c3' })).toEqual([0, undefined])
    expect(await counted({ cluster: 'c1', names: ['q'] })).toEqual([0, at])
    expect(await counted({ cluster: 'c1', names: ['default.p', 'p'] })).toEqual([3, at])
  })
})

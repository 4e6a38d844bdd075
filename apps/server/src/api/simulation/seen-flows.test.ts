// Many flows are gathered in steps, and pods that records name only together are found without a look at all pods.
import type { Group } from '@margay/query'
import { all } from '@margay/query'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createClusterStates } from '../cluster/state.ts'
import type { TrafficDeps } from '../cluster/traffic.ts'
import { createTestVersions } from '../../testing/versions.ts'
import { askSeenFlows } from './seen-flows.ts'

const at = 1_793_000_000
const pods = Array.from(
  { length: 400 },
  (_, index) =>
    `{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: web-7-${index}, generateName: web-7- }, status: { podIP: 10.0.${index >> 8}.${index & 255} } }`,
)

/** By the fields that are asked for: two ends with type, namespace, name, aggregated name and address, port and protocol. */
const groupOf = (index: number): Group => ({
  key: [
    ...['wep', 'shop', '-', 'web-7-*', '10.9.9.9'],
    ...['wep', 'shop', `web-7-${index % 400}`, 'web-7-*', undefined],
    ...[8080, 'tcp'],
  ],
  measures: { connections: 1, bytesIn: 1, bytesOut: 1, lastSeen: at },
})

async function gather(count: number) {
  const versions = createTestVersions()
  versions.apply(pods.join('\n---\n'), at - 60)
  const state = await createClusterStates(versions).of()
  const groups = Array.from({ length: count }, (_, index) => groupOf(index))
  const effort = { rowsRead: 0, elapsedMs: 0, source: 'flows', from: 0, to: 0, exact: true }
  const answer = { kind: 'groups' as const, groups, truncated: false }
  const deps: TrafficDeps = {
    store: { ask: () => Promise.resolve({ answer, effort }) },
    cluster: 'c',
    now: () => at,
    signal: new AbortController().signal,
  }
  let isDone = false
  let turns = 0
  const asked = askSeenFlows(state, { from: at - 60, to: at }, all, false, deps).finally(() => void (isDone = true))
  for (; !isDone; turns += 1) await nextTurn()
  return { turns, seen: await asked }
}

describe('flows that were seen', () => {
  it('are gathered in steps, between which others have their turns', async () => {
    const { turns, seen } = await gather(20_000)
    expect(seen.flows).toHaveLength(20_000)
    expect(seen.flows[1]).toMatchObject({ source: { pod: 'shop/web-7-0' }, destination: { pod: 'shop/web-7-1' } })
    expect(turns).toBeGreaterThanOrEqual(39)
  })
})

// AT-17 from rows to the answer: what an agent sends is judged, counted by rule, written to a real store and asked for again;
// and what people are told of the judge.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHealth, createLogger } from '@margay/kit'
import type { Row } from '@margay/model'
import { parseSnapshot } from '@margay/policy'
import { createEmbeddedStore } from '@margay/store'
import { parseAllDocuments } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyUse, readActivity, unusedPolicies, unusedRules } from '../policy-use/index.ts'
import { createDirectIntake } from '../testing/direct-intake.ts'
import type { JudgedCluster, Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { createActivity } from './activity.ts'

const now = 1_793_000_040
const quiet = createLogger({ level: 'error', form: 'json' }, { write: () => {} })

const pod = (name: string, ip: string) =>
  `{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: ${name}, uid: uid-${name}, labels: {app: ${name}}}, spec: {nodeName: n1, containers: []}, status: {podIP: ${ip}}}`
const from = (...apps: readonly string[]) =>
  `{from: [${apps.map((app) => `{podSelector: {matchLabels: {app: ${app}}}}`).join(', ')}]}`
const policy = (name: string, subject: string, rules: string, generation = 1) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop, uid: uid-${name}, generation: ${generation}}, spec: {podSelector: {matchLabels: {app: ${subject}}}, ingress: [${rules}]}}`
const base = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {namespace: shop, name: default}}
---
${pod('web', '10.0.0.1')}
---
${pod('api', '10.0.0.2')}
---
${pod('db', '10.0.0.3')}`

const policies = [
  policy('to-db', 'db', `${from('api')}, ${from('web', 'batch')}`, 4),
  policy('edited', 'api', from('web'), 2),
  policy('idle', 'cache', from('web')),
]
const staged =
  '{apiVersion: projectcalico.org/v3, kind: StagedKubernetesNetworkPolicy, metadata: {name: stricter, namespace: shop, uid: uid-stricter, generation: 1}, spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: []}}'

const ips = { web: '10.0.0.1', api: '10.0.0.2', db: '10.0.0.3' }
const to = (source: keyof typeof ips, dest: keyof typeof ips, end: number, more: Row = {}): Sent => ({
  agent: 'n1',
  series: {
    reporter: 'dst',
    proto: 'tcp',
    dest_port: 80,
    action: 'allow',
    outcome: 'established',
    pod_uid: `uid-${dest}`,
    ...more,
  },
  rest: {
    source_ip: ips[source],
    dest_ip: ips[dest],
    start_time: end - 10,
    end_time: end,
    num_flows: 2,
    num_flows_started: 2,
    num_flows_completed: 2,
    packets_in: 3,
    packets_out: 4,
    bytes_in: 30,
    bytes_out: 40,
  },
})

const dir = mkdtempSync(join(tmpdir(), 'margay-judged-'))
const store = createEmbeddedStore({ dir })
const window = { cluster: 'c1', from: now - 3600, to: now + 3600 }

function setUp() {
  const cluster = createJudgedCluster([base, ...policies, staged].join('\n---\n'), now)
  const health = createHealth()
  const intake = createDirectIntake(store)
  const activity = createActivity({
    judge: cluster.judge,
    cluster: 'c1',
    append: (rows, sequence) =>
      intake.append({ logType: 'policy_activity', rows, source: { id: 'judge', epoch: 'e', sequence } }),
    log: quiet,
    health,
    clock: () => now * 1000,
  })
  return { cluster, activity, health }
}

const documents = (yaml: string) => parseAllDocuments(yaml).map((document): unknown => document.toJS())

async function use(current: readonly string[]) {
  const { activity } = await readActivity(store, window, { now: now + 60 })
  const { snapshot } = parseSnapshot(current.flatMap(documents))
  const edited = new Map([['KubernetesNetworkPolicy shop/edited', now + 5]])
  return policyUse({ policies: snapshot.policies, activity, edited, from: now, isCounted: true })
}

const send = (cluster: JudgedCluster) => {
  cluster.row(to('api', 'db', now))
  cluster.row(to('api', 'db', now + 30))
  cluster.row(to('web', 'api', now))
  cluster.row(to('db', 'api', now, { action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' }))
  cluster.row({
    ...to('db', 'api', now),
    series: { ...to('db', 'api', now).series, reporter: 'src', pod_uid: 'uid-db' },
  })
}

describe('AT-17, from rows to the answer', () => {
  beforeAll(async () => {
    await store.open()
    const { cluster, activity } = setUp()
    send(cluster)
    await activity.flush()
    await activity.flush()
    cluster.put(policy('edited', 'api', from('web'), 3), now + 5)
  })
  afterAll(async () => {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('counts by policy, rule, action and generation, in both minutes', async () => {
    const { activity } = await readActivity(store, window, { now: now + 60 })
    const told = activity
      .map(({ name, generation, direction, index, action, counts }) => [
        name,
        `${generation}-${direction}-${index}`,
        action,
        counts.connections,
        counts.packets,
        counts.bytes,
      ])
      .sort((a, b) => String(a).localeCompare(String(b)))
    expect(told).toEqual([
      ['edited', '2-ingress-0', 'allow', 2, 7, 70],
      ['edited', '2-ingress-none', 'deny', 2, 7, 70],
      ['stricter', '1-egress-none', 'deny', 2, 7, 70],
      ['to-db', '4-ingress-0', 'allow', 4, 14, 140],
    ])
  })
  it('lists the policy that nothing was judged by', async () => {
    expect(unusedPolicies(await use([...policies, staged])).map(({ policy: { name } }) => name)).toEqual(['idle'])
  })
  it('flags the policy of which an earlier generation was used, and which was edited in the window', async () => {
    const current = [policy('edited', 'api', from('web'), 3)]
    const [edited] = await use(current)
    expect(edited).toMatchObject({
      earlierGeneration: true,
      editedAt: now + 5,
      use: { unused: 'edited', lastEvaluatedGeneration: 2 },
    })
  })
  it('lists the unused rules of a policy that is used, with direction and index', async () => {
    const rules = unusedRules(await use(policies)).filter(({ name }) => name === 'to-db')
    expect(rules.map(({ direction, index, number, origin }) => [direction, index, number, origin])).toEqual([
      ['ingress', 1, 1, 'ingress[1].from[0]'],
      ['ingress', 2, 1, 'ingress[1].from[1]'],
    ])
  })
  it('tells what a staged policy would do as its own', async () => {
    const [use1] = await use([staged])
    expect(use1?.use).toMatchObject({ unused: 'used', denied: { connections: 2, packets: 7, bytes: 70 } })
  })
})

describe('records that came with their trace', () => {
  it('are counted by it, with the generation that the policy has now', async () => {
    const { activity } = setUp()
    const rows: Row[] = []
    const { cluster } = setUp()
    const counting = createActivity({
      judge: cluster.judge,
      cluster: 'c1',
      append: (added) => Promise.resolve(void rows.push(...added)),
      log: quiet,
      health: createHealth(),
      clock: () => now * 1000,
    })
    const dimensions: Row = {
      reporter: 'dst',
      cluster: 'theirs',
      'policies.enforced_policies': ['0|first|first.gate|pass|2', '1|default|shop/knp.default.to-db|allow|1'],
      'policies.pending_policies': ['0|default|shop/staged:knp.default.gone|deny|-1'],
    }
    counting.addRecords(
      [{ end_time: now, bytes_in: 5, num_flows_started: 1 }, { end_time: now }],
      [dimensions, dimensions],
    )
    await counting.flush()
    expect(
      rows.map((row) => [
        row['cluster'],
        row['policy.kind'],
        row['policy.name'],
        row['rule'],
        row['action'],
        row['bytes_in'],
      ]),
    ).toEqual([
      ['theirs', 'GlobalNetworkPolicy', 'gate', '0-ingress-2', 'pass', 5],
      ['theirs', 'KubernetesNetworkPolicy', 'to-db', '4-ingress-1', 'allow', 5],
      ['theirs', 'StagedKubernetesNetworkPolicy', 'gone', '0-ingress--1', 'deny', 5],
    ])
    await activity.flush()
  })
  const counted = () => {
    const { cluster } = setUp()
    const rows: Row[] = []
    const counting = createActivity({
      judge: cluster.judge,
      cluster: 'c1',
      append: (added) => Promise.resolve(void rows.push(...added)),
      log: quiet,
      health: createHealth(),
      clock: () => now * 1000,
    })
    return { cluster, rows, counting }
  }
  it('count in the minute in which they began, by which flows are asked for', async () => {
    const { rows, counting } = counted()
    const minute = now - (now % 60)
    const dimensions: Row = { reporter: 'dst', 'policies.enforced_policies': ['0|default|shop/default.gate|allow|0'] }
    const across = { start_time: minute - 42, end_time: minute + 18, num_flows_started: 3 }
    counting.addRecords([across], [dimensions])
    await counting.flush()
    expect(rows).toMatchObject([{ start_time: minute - 60, num_flows_started: 3, last_evaluated: minute + 18 }])
  })
  it('belong to the generation of their own moment, whichever way their trace names the policy', async () => {
    const { cluster, rows, counting } = counted()
    const tiered = (generation: number) =>
      `{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: app.gate, namespace: shop, uid: uid-gate, generation: ${generation}}, spec: {tier: app, selector: all(), ingress: [{action: Allow}]}}`
    cluster.put(tiered(6), now - 600)
    cluster.put(tiered(7), now - 120)
    const dimensions: Row = { reporter: 'dst', 'policies.enforced_policies': ['0|app|shop/app.gate|allow|0'] }
    const ending = (end: number): Row => ({ start_time: end - 10, end_time: end })
    counting.addRecords([ending(now - 300), ending(now)], [dimensions, dimensions])
    await counting.flush()
    expect(rows.map(({ rule }) => rule)).toEqual(['6-ingress-0', '7-ingress-0'])
    const { snapshot } = parseSnapshot(documents(tiered(7)))
    const activity = rows.map((row) => ({
      kind: 'CalicoNetworkPolicy' as const,
      staged: false,
      namespace: 'shop',
      name: row['policy.name'] as string,
      tier: row['tier'] as string,
      generation: Number(String(row['rule']).split('-')[0]),
      direction: 'ingress' as const,
      index: 0,
      action: 'allow' as const,
      counts: { connections: 1, packets: 1, bytes: 1 },
      lastEvaluated: Number(row['last_evaluated']),
    }))
    const [use] = policyUse({ policies: snapshot.policies, activity, edited: new Map(), from: 0, isCounted: true })
    expect(use?.use).toMatchObject({ unused: 'used', allowed: { connections: 2 }, lastEvaluatedGeneration: 7 })
  })
  it('are kept for the next time where they cannot be written', async () => {
    const { cluster } = setUp()
    const sent: (readonly [number, number])[] = []
    let fails = true
    const counting = createActivity({
      judge: cluster.judge,
      cluster: 'c1',
      append(rows, sequence) {
        sent.push([sequence, rows.length])
        return fails ? Promise.reject(new Error('disk full')) : Promise.resolve()
      },
      log: quiet,
      health: createHealth(),
      clock: () => now * 1000,
    })
    cluster.row(to('api', 'db', now))
    await counting.flush()
    fails = false
    await counting.flush()
    await counting.flush()
    expect(sent).toEqual([
      [1, 1],
      [1, 1],
    ])
  })
})

describe('what people are told of the judge', () => {
  const stageOf = ({ health }: ReturnType<typeof setUp>) => health.report()['judge']
  it('is that rows disagree with their policies, while that is news', () => {
    const all = setUp()
    all.cluster.row(to('db', 'api', now))
    expect(stageOf(all)).toMatchObject({
      state: 'degraded',
      hint: expect.stringContaining('evidence_conflict: *') as string,
    })
    expect(stageOf(all)?.detail).toContain('1 record disagrees')
  })
  it('is which object cannot be judged by', () => {
    const all = setUp()
    all.cluster.put(
      '{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: wrong}, spec: {selector: "a =="}}',
      now,
    )
    expect(stageOf(all)?.detail).toContain('GlobalNetworkPolicy wrong spec.selector')
  })
  it('is how many rows have no verdict, and a fact that is missing', () => {
    const all = setUp()
    all.cluster.remove('uid-web', now)
    all.cluster.row(to('web', 'api', now + 40))
    expect(stageOf(all)?.detail).toBe(
      '1 of 1 records have no verdict; the last missing fact: labels of the pod that had 10.0.0.1',
    )
  })
})

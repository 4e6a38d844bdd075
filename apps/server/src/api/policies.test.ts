// The list of policies and each of them, over real activity and objects that change.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PoliciesResponse, SearchOf } from '@margay/wire'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'

const now = 1_793_000_600
const started = now - 7200

const objects = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: web, labels: { app: web } }, spec: { nodeName: n1 }, status: { podIP: 10.0.0.1 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: db, labels: { app: db } }, spec: { nodeName: n1 }, status: { podIP: 10.0.0.2 } }
---
{ apiVersion: projectcalico.org/v3, kind: Tier, metadata: { name: security }, spec: { order: 100 } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  namespace: shop
  name: db
  uid: 0a
  generation: 2
  creationTimestamp: '2026-10-26T00:00:00Z'
  resourceVersion: '77'
  annotations: { kubectl.kubernetes.io/last-applied-configuration: '{}', why: audit }
  managedFields: [{ manager: kubectl }]
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: web } } }]
      ports: [{ port: 5432 }]
    - from: [{ ipBlock: { cidr: 192.0.2.0/24 } }]
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: security.threats }
spec: { tier: security, order: 1, selector: all(), types: [Egress], egress: [{ action: Log }, { action: Pass }] }
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: { namespace: shop, name: nobody }
spec: { selector: "app == 'wbe'", types: [Ingress], ingress: [] }
`

const activity = (rule: string, action: string, more: Record<string, unknown> = {}) => ({
  start_time: now - 600,
  end_time: now - 540,
  'policy.kind': 'KubernetesNetworkPolicy',
  'policy.namespace': 'shop',
  'policy.name': 'db',
  tier: 'default',
  rule,
  direction: 'ingress',
  action,
  last_evaluated: now - 550,
  num_flows_started: 3,
  packets_in: 30,
  packets_out: 20,
  bytes_in: 3000,
  bytes_out: 2000,
  ...more,
})

let api: TestApi

beforeAll(async () => {
  api = await openTestApi({ now })
  api.objects.apply(objects, started)
})

afterAll(() => api.close())

const list = (search: SearchOf<'policies'> = {}): Promise<PoliciesResponse> => api.get('policies', search)

describe('where nobody counted', () => {
  it('says so and tells of no zero', async () => {
    const { counted, policies } = await list()
    expect(counted).toEqual({ says: 'no decision of a policy was counted so far' })
    expect(policies.map((policy) => 'use' in policy)).toEqual([false, false, false])
  })
})

describe('where decisions were counted', () => {
  beforeAll(() =>
    api.store('policy_activity', [
      activity('2-ingress-0', 'allow', { cluster: 'test' }),
      activity('2-ingress-0', 'allow', { cluster: 'other', num_flows_started: 1000 }),
      activity('2-ingress--1', 'deny', { num_flows_started: 1 }),
      activity('1-ingress-1', 'allow', {
        start_time: now - 86_400,
        end_time: now - 86_340,
        last_evaluated: now - 86_350,
      }),
    ]),
  )

  it('lists policies in the order in which they are asked, and their tiers', async () => {
    const { policies, tiers, total, unknown } = await list()
    expect([total, unknown]).toEqual([3, []])
    expect(policies).toMatchObject([
      {
        id: 'gnp~security.threats',
        kind: 'GlobalNetworkPolicy',
        scope: 'cluster',
        tier: 'security',
        tierOrder: 100,
        order: 1,
        position: 0,
        directions: ['egress'],
        subject: 'every endpoint and network set',
        rules: { ingress: 0, egress: 2 },
        selects: 2,
        staged: false,
      },
      {
        id: 'knp~shop~db',
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        namespace: 'shop',
        scope: 'namespace',
        tier: 'default',
        tierOrder: 1_000_000,
        order: 1000,
        subject: 'namespace = shop and app = db',
        selects: 1,
        generation: 2,
        createdAt: 1_792_972_800,
      },
      { id: 'snp~shop~nobody', kind: 'StagedNetworkPolicy', staged: true, selects: 0 },
    ])
    expect(policies[2]).not.toHaveProperty('order')
    expect(tiers.map(({ name, defaultAction, policies: count }) => [name, defaultAction, count])).toContainEqual([
      'security',
      'deny',
      1,
    ])
  })

  it('tells what each did in the time of the traffic, and when it last decided anything', async () => {
    const { policies, counted } = await list()
    expect(counted.since).toBe(now - 86_400)
    expect(policies[1]?.use).toEqual({
      allowed: { connections: 3, packets: 50, bytes: 5000 },
      denied: { connections: 1, packets: 50, bytes: 5000 },
      passed: { connections: 0, packets: 0, bytes: 0 },
      lastEvaluated: now - 550,
      lastEvaluatedGeneration: 2,
      unused: 'used',
    })
    expect(policies[0]?.use?.unused).toBe('unused')
    const before = await list({ from: now - 90_000, to: now - 3600 })
    expect(before.policies[1]?.use).toMatchObject({ allowed: { connections: 3 }, denied: { connections: 0 } })
    expect(before.policies[1]?.use?.unused).toBe('other-generation')
  })

  it.each<[SearchOf<'policies'>, readonly string[]]>([
    [{ name: 'shop/d' }, ['db']],
    [{ namespace: 'shop' }, ['db', 'nobody']],
    [{ tier: 'security' }, ['security.threats']],
    [{ kind: 'networkpolicy' }, ['db']],
    [{ staged: true }, ['nobody']],
    [{ unused: true }, ['security.threats', 'nobody']],
    [{ denied: true }, ['db']],
    [{ at: started - 1 }, []],
  ])('filters: %j', async (search, expected) =>
    expect((await list(search)).policies.map(({ name }) => name)).toEqual(expected),
  )

  it('shows one with its rules and what each did, and the object as its author would write it', async () => {
    const detail = await api.get('policy', {}, { id: 'knp~shop~db' })
    expect(detail.yaml).toBe(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: db
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - port: 5432
    - from:
        - ipBlock:
            cidr: 192.0.2.0/24
`)
    expect(detail.rules).toMatchObject([
      {
        direction: 'ingress',
        index: 0,
        number: 0,
        action: 'allow',
        words: 'allow tcp from namespace = shop and app = web to port 5432',
        use: { allowed: { connections: 3 }, unused: 'used' },
      },
      { index: 1, number: 1, use: { allowed: { connections: 0 }, unused: 'unused' } },
    ])
    expect(detail.endOfTier.ingress?.denied).toEqual({ connections: 1, packets: 50, bytes: 5000 })
    expect(detail.endOfTier).not.toHaveProperty('egress')
  })

  it('does not count rules that only log', async () => {
    const { rules } = await api.get('policy', {}, { id: 'gnp~security.threats' })
    expect(rules.map((rule) => [rule.action, 'use' in rule])).toEqual([
      ['log', false],
      ['pass', true],
    ])
  })

  it('says what to do about an id that is none, or was none then', async () => {
    expect(await api.refused('policy', { params: { id: 'knp~shop~bd' } })).toMatchObject({
      status: 404,
      detail: expect.stringContaining('unknown policy "knp~shop~bd" at 2026-'),
    })
    expect((await api.refused('policy', { params: { id: 'knp~shop~db' }, search: { at: started - 1 } })).code).toBe(
      'not_found',
    )
  })
})

describe('a policy whose traces leave its tier out of its name', () => {
  const threats = { 'policy.kind': 'GlobalNetworkPolicy', 'policy.namespace': undefined, tier: 'security' }
  const passed = (name: string) => activity('0-egress-1', 'pass', { ...threats, 'policy.name': name })

  it('has the same counts by itself as in the list', async () => {
    await api.store('policy_activity', [passed('security.threats'), passed('threats')])
    const inList = (await list()).policies.find(({ id }) => id === 'gnp~security.threats')
    const alone = await api.get('policy', {}, { id: 'gnp~security.threats' })
    expect(inList?.use?.passed.connections).toBe(6)
    expect(alone.policy.use).toEqual(inList?.use)
  })
})

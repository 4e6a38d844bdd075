// New policies against recorded traffic, asked of the server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PolicySimulation, PolicySimulationRequest } from '@margay/wire'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'

const now = 1_793_000_600
const started = now - 7200

const objects = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: ops } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: web-7-new, labels: { app: web }, generateName: web-7- }, status: { podIP: 10.0.0.1 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: db, labels: { app: db } }, status: { podIP: 10.0.0.2 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: probe, labels: { app: probe } }, status: { podIP: 10.0.0.3 } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: shop, name: db }, spec: { podSelector: { matchLabels: { app: db } }, ingress: [{}] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: ops, name: closed }, spec: { podSelector: {}, ingress: [] } }
`
const onlyWeb = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }] }
`

const flow = (change: Record<string, unknown>) => ({
  start_time: now - 300,
  end_time: now - 290,
  action: 'allow',
  reporter: 'src',
  counts: true,
  proto: 'tcp',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'web-7-new',
  source_name_aggr: 'web-7-*',
  source_ip: '10.0.0.1',
  dest_type: 'wep',
  dest_namespace: 'shop',
  dest_name: 'db',
  dest_name_aggr: 'db',
  dest_ip: '10.0.0.2',
  dest_port: 5432,
  num_flows: 1,
  num_flows_started: 1,
  bytes_in: 100,
  bytes_out: 10,
  ...change,
})
const probe = { source_namespace: 'ops', source_name: 'probe', source_name_aggr: 'probe', source_ip: '10.0.0.3' }

/** Before the hour that is asked about where nothing else is said. */
const byNames = { from: { at: now - 5100 }, to: { at: now - 4900 } }
const toOutside = (ip: string, domains: readonly string[] | undefined, aliases: readonly string[] | undefined) => ({
  ...flow({ start_time: now - 5000, end_time: now - 4990, dest_type: 'net', dest_namespace: '-', dest_name: '-' }),
  ...{ dest_name_aggr: 'pub', dest_ip: ip, dest_domains: domains, dest_domain_aliases: aliases, dest_port: 443 },
})

let api: TestApi

beforeAll(async () => {
  api = await openTestApi({ now })
  api.objects.apply(objects, started)
  await api.ingest([
    flow({ num_flows: 9, num_flows_started: 4 }),
    flow({ reporter: 'dst', counts: false, num_flows: 9, num_flows_started: 4 }),
    flow({ source_name: 'web-7-old', source_ip: '10.0.0.7' }),
    flow({ ...probe, num_flows: 2, num_flows_started: 2 }),
    flow({ source_name: 'gone', source_name_aggr: 'gone', source_ip: '10.0.0.9' }),
    flow({
      source_type: 'net',
      source_namespace: '-',
      source_name: '-',
      source_name_aggr: 'pub',
      source_ip: '203.0.113.9',
    }),
    flow({
      dest_namespace: 'ops',
      dest_name: 'probe',
      dest_name_aggr: 'probe',
      dest_ip: '10.0.0.3',
      dest_port: 80,
      action: 'deny',
    }),
    flow({ ...probe, dest_port: 22, start_time: now - 7000, end_time: now - 6990 }),
    toOutside('203.0.113.7', ['bucket.test'], ['x.cdn.example', 'bucket.s3.example']),
    toOutside('203.0.113.7', ['bucket.test', 'www.test'], ['bucket.s3.example']),
    toOutside('203.0.113.8', ['other.test'], undefined),
    toOutside('203.0.113.9', undefined, undefined),
  ])
})

afterAll(() => api.close())

const simulate = (body: PolicySimulationRequest): Promise<PolicySimulation> => api.post('policySimulate', body)
const told = ({ changes }: PolicySimulation) =>
  changes.map(
    ({ change, source, destination, port, connections }) =>
      `${change} ${source.name} ${destination.name}:${port} ${connections}`,
  )

/** `newly-denied 203.0.113.7 2` as it is told of web. */
const ofWeb = (text: string) => text.replace(/^(\S+) (\S+) /, '$1 web-7-new $2:443 ')

describe('POST /policies/simulate', () => {
  it('tells what is newly denied, what stays and what cannot be told, each conversation once', async () => {
    const answer = await simulate({ documents: onlyWeb })
    expect(told(answer)).toEqual([
      'newly-denied probe db:5432 2',
      'newly-denied 203.0.113.9 db:5432 1',
      'uncertain gone db:5432 1',
    ])
    expect(answer.totals).toEqual({
      newlyAllowed: { flows: 0, connections: 0, bytes: 0 },
      newlyDenied: { flows: 2, connections: 3, bytes: 220 },
      uncertain: { flows: 1, connections: 1, bytes: 110 },
      same: { flows: 3, connections: 6, bytes: 330 },
    })
    expect(answer).toMatchObject({
      at: now,
      mode: 'enforced',
      judged: 5,
      traffic: { from: now - 3600, to: now },
      truncated: false,
      incomplete: false,
      policies: [{ id: 'knp~shop~db', change: 'replaced' }],
      issues: [],
    })
    expect(answer.changes[0]).toMatchObject({
      before: 'allow',
      after: 'deny',
      source: { type: 'wep', namespace: 'ops', name: 'probe', nameAggr: 'probe' },
      lastSeen: now - 300,
      protocol: 'tcp',
    })
    expect(answer.changes[0]?.reason).toContain('now ingress: tier default isolates it by shop/db')
  })

  it('tells what would be admitted where a policy goes, and that it must be there to go', async () => {
    const answer = await simulate({ remove: ['knp~ops~closed'] })
    expect(told(answer)).toEqual(['newly-allowed web-7-new probe:80 1'])
    expect(answer.policies).toEqual([{ id: 'knp~ops~closed', change: 'removed' }])
    const problem = await api.refused('policySimulate', { body: { remove: ['knp~ops~open'] } })
    expect(problem.detail).toBe('remove: unknown policy "knp~ops~open"')
  })

  it('looks at the flows and the time that are asked for', async () => {
    const range = { from: { at: now - 7200 }, to: { at: now } }
    const answer = await simulate({ documents: onlyWeb, range, query: 'source_namespace: ops' })
    expect(told(answer).sort()).toEqual(['newly-denied probe db:22 1', 'newly-denied probe db:5432 2'])
    expect((await simulate({ documents: onlyWeb, limit: 1 })).truncated).toBe(true)
  })

  it('counts staged policies where it is asked to', async () => {
    const staged =
      "{ apiVersion: projectcalico.org/v3, kind: StagedNetworkPolicy, metadata: { namespace: shop, name: close }, spec: { order: 1, selector: app == 'db', types: [Ingress], ingress: [{ action: Deny }] } }"
    expect((await simulate({ documents: staged })).changes).toEqual([])
    expect((await simulate({ documents: staged, pending: true })).totals.newlyDenied.flows).toBe(5)
  })

  it('judges by the names that clients asked for, and by aliases that those led to', async () => {
    const only = (domain: string) =>
      `{ apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: { namespace: shop, name: out }, spec: { selector: app == 'web', types: [Egress], egress: [{ action: Allow, destination: { domains: ['${domain}'] } }] } }`
    const byAlias = await simulate({ documents: only('*.s3.example'), range: byNames })
    expect(told(byAlias)).toEqual(['newly-denied 203.0.113.8 1', 'uncertain 203.0.113.9 1'].map(ofWeb))
    expect(byAlias.totals.same).toMatchObject({ flows: 1, connections: 2 })
    const byName = await simulate({ documents: only('other.test'), range: byNames })
    expect(told(byName)).toEqual(['newly-denied 203.0.113.7 2', 'uncertain 203.0.113.9 1'].map(ofWeb))
  })

  it('changes nothing where the documents say what is there', async () => {
    const { spec, ...rest } = (await api.get('policy', {}, { id: 'knp~shop~db' })).document
    const answer = await simulate({ documents: [{ ...rest, spec }] })
    expect(answer).toMatchObject({ judged: 0, changes: [], policies: [{ id: 'knp~shop~db', change: 'same' }] })
  })

  it('names what is wrong with documents and judges the rest', async () => {
    const wrong =
      '{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: shop, name: x }, spec: 3 }'
    const answer = await simulate({ documents: `${onlyWeb}---\n${wrong}` })
    expect(answer.totals.newlyDenied.flows).toBe(2)
    expect(answer.issues).toMatchObject([{ severity: 'error', object: 'NetworkPolicy shop/x' }])
  })

  it.each<[PolicySimulationRequest, string]>([
    [{ documents: 'a: [' }, 'documents: '],
    [{ documents: '*x' }, 'documents: '],
    [{ query: 'action: ' }, ''],
    [{ range: { from: { at: now }, to: { at: now } } }, 'is not before to'],
    [{ at: started - 1 }, 'no object of the cluster is known'],
  ])('refuses %j', async (body, detail) =>
    expect((await api.refused('policySimulate', { body })).detail).toContain(detail),
  )
})

// Endpoints, nodes and network sets over a small shop whose objects change, with real flows beside them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EndpointsResponse, SearchOf } from '@margay/wire'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'

const now = 1_793_000_600
const started = now - 7200
const changed = now - 1800

const shop = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { team: sales } } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: ops } }
---
apiVersion: v1
kind: Node
metadata: { name: n1, labels: { zone: a } }
status: { addresses: [{ type: InternalIP, address: 10.88.0.11 }, { type: Hostname, address: n1 }], conditions: [{ type: Ready, status: 'True' }] }
---
{ apiVersion: v1, kind: Node, metadata: { name: n2 }, status: { conditions: [{ type: Ready, status: Unknown }] } }
---
apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: web-6d4cf56db6-abcde
  labels: { app: web, pod-template-hash: 6d4cf56db6 }
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: web-6d4cf56db6, controller: true }]
spec: { nodeName: n1, serviceAccountName: web }
status: { phase: Running, podIP: 10.0.0.1, podIPs: [{ ip: 10.0.0.1 }, { ip: 'fd00::1' }] }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: db-0, labels: { app: db, tier: back }, ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: db, controller: true }] }
spec: { nodeName: n2 }
status: { phase: Running, podIP: 10.0.0.2 }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: probe }, spec: { nodeName: n2 }, status: { phase: Running, podIP: 10.0.0.3 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: proxy, labels: { app: proxy } }, spec: { nodeName: n1, hostNetwork: true }, status: { podIP: 10.88.0.11 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: done }, spec: { nodeName: n1 }, status: { phase: Succeeded, podIP: 10.0.0.9 } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }] }
---
{ apiVersion: projectcalico.org/v3, kind: Tier, metadata: { name: security }, spec: { order: 100 } }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: threats }
spec: { tier: security, order: 1, selector: "projectcalico.org/namespace == 'shop'", types: [Egress], egress: [{ action: Pass }] }
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: { namespace: ops, name: close }
spec: { selector: all(), ingress: [] }
---
{ apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: { name: n1-eth0, labels: { role: node } }, spec: { node: n1, interfaceName: '*', expectedIPs: [10.88.0.11] } }
---
{ apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: { name: feed, labels: { kind: threat } }, spec: { nets: [203.0.113.0/24], allowedEgressDomains: ['*.example.com'] } }
---
{ apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: { namespace: shop, name: partners }, spec: { nets: [198.51.100.0/24, 'fd00:1::/64'] } }
`

const flow = (change: Record<string, unknown>) => ({
  start_time: now - 300,
  end_time: now - 290,
  action: 'allow',
  reporter: 'src',
  host: 'n2',
  proto: 'tcp',
  source_type: 'wep',
  source_namespace: 'ops',
  source_name: 'probe',
  source_name_aggr: 'probe',
  dest_type: 'wep',
  dest_namespace: 'shop',
  dest_name: 'db-0',
  dest_name_aggr: 'db-*',
  dest_port: 5432,
  num_flows: 1,
  num_flows_started: 1,
  packets_in: 10,
  packets_out: 20,
  ...change,
})

let api: TestApi

beforeAll(async () => {
  const agent = { rowsPerSecond: 0, rowsTotal: 0, lost: [], collectors: [], version: '0.1.0' }
  api = await openTestApi({
    now,
    sources: [
      {
        ...agent,
        id: 'agent:n1',
        kind: 'agent',
        host: 'n1',
        state: 'ready',
        says: 'reads the kernel',
        lastSeen: now - 2,
      },
      { ...agent, id: 'agent:n9', kind: 'agent', host: 'n9', state: 'failed', says: 'says nothing since 90 s' },
    ],
  })
  api.objects.apply(shop, started)
  api.objects.apply(
    '{ apiVersion: v1, kind: Pod, metadata: { namespace: ops, name: probe, labels: { app: probe } }, spec: { nodeName: n2 }, status: { phase: Running, podIP: 10.0.0.3 } }',
    changed,
  )
  await api.ingest([
    flow({}),
    flow({ action: 'deny', reporter: 'dst', num_flows: 9, num_flows_started: 3, packets_in: 6, packets_out: 0 }),
    flow({ action: 'deny', reporter: 'dst', num_flows_started: 50, packets_in: 50, cluster: 'other' }),
    flow({
      action: 'deny',
      host: 'n1',
      source_type: 'net',
      source_namespace: '-',
      source_name: '-',
      source_name_aggr: 'pub',
      reporter: 'dst',
      dest_type: 'hep',
      dest_namespace: '-',
      dest_name: '-',
      dest_name_aggr: 'n1',
      num_flows: 12,
      num_flows_started: 5,
    }),
    flow({
      action: 'deny',
      source_name: '-',
      source_name_aggr: 'gone-*',
      dest_type: 'net',
      dest_namespace: '-',
      dest_name: '-',
      dest_name_aggr: 'pvt',
      num_flows: 8,
      num_flows_started: 7,
    }),
    flow({ start_time: now - 5000, end_time: now - 4990, action: 'deny', num_flows: 200, num_flows_started: 100 }),
  ])
})

afterAll(() => api.close())

const list = (search: SearchOf<'endpoints'> = {}): Promise<EndpointsResponse> => api.get('endpoints', search)
const names = async (search: SearchOf<'endpoints'>) => (await list(search)).endpoints.map(({ name }) => name)

describe('GET /endpoints', () => {
  it('tells of every living pod and host endpoint, and of which moment', async () => {
    const answer = await list()
    expect(answer).toMatchObject({
      at: now,
      objects: 16,
      unknown: [],
      total: 5,
      traffic: { from: now - 3600, to: now },
    })
    expect(answer.endpoints.map(({ type, namespace, name }) => [type, namespace, name])).toEqual([
      ['hep', undefined, 'n1-eth0'],
      ['wep', 'ops', 'probe'],
      ['wep', 'ops', 'proxy'],
      ['wep', 'shop', 'db-0'],
      ['wep', 'shop', 'web-6d4cf56db6-abcde'],
    ])
  })

  it('knows addresses of both families, node, account, workload, and the policies in the order of their tiers', async () => {
    const { endpoints } = await list({ namespace: 'shop' })
    expect(endpoints[1]).toMatchObject({
      ips: ['10.0.0.1', 'fd00::1'],
      node: 'n1',
      serviceAccount: 'web',
      workload: { kind: 'Deployment', name: 'web' },
      phase: 'Running',
      policies: [{ id: 'gnp~threats', kind: 'GlobalNetworkPolicy', tier: 'security', directions: ['egress'] }],
      protected: { ingress: false, egress: true },
    })
    expect(endpoints[0]).toMatchObject({
      workload: { kind: 'StatefulSet', name: 'db' },
      policies: [
        { id: 'gnp~threats', name: 'threats' },
        { id: 'knp~shop~db', kind: 'NetworkPolicy', namespace: 'shop', tier: 'default', directions: ['ingress'] },
      ],
      protected: { ingress: true, egress: true },
    })
  })

  it('counts what was denied at either end in the time of the traffic, and tells what no name takes', async () => {
    const { endpoints, unattributed } = await list()
    expect(Object.fromEntries(endpoints.map(({ name, denied }) => [name, denied]))).toEqual({
      'n1-eth0': { connections: 5, packets: 30 },
      probe: { connections: 3, packets: 6 },
      proxy: { connections: 0, packets: 0 },
      'db-0': { connections: 3, packets: 6 },
      'web-6d4cf56db6-abcde': { connections: 0, packets: 0 },
    })
    expect(unattributed).toBe(7)
    expect((await list({ namespace: 'ops', name: 'probe', from: now - 6000 })).endpoints[0]!.denied?.connections).toBe(
      103,
    )
  })

  it.each<[SearchOf<'endpoints'>, readonly string[]]>([
    [{ name: 'WEB' }, ['web-6d4cf56db6-abcde']],
    [{ node: 'n2' }, ['probe', 'db-0']],
    [{ ip: 'fd00:0::1' }, ['web-6d4cf56db6-abcde']],
    [{ type: 'hep' }, ['n1-eth0']],
    [{ labels: 'app=db,tier in (back, front)' }, ['db-0']],
    [{ labels: 'app notin (db),!tier' }, ['n1-eth0', 'probe', 'proxy', 'web-6d4cf56db6-abcde']],
    [{ labels: "pcns.team == 'sales' && app != 'db'" }, ['web-6d4cf56db6-abcde']],
    [{ policy: 'shop/db' }, ['db-0']],
    [{ policy: 'threats' }, ['db-0', 'web-6d4cf56db6-abcde']],
    [{ policy: 'knp~shop~db' }, ['db-0']],
    [{ unprotected: true }, ['n1-eth0', 'probe', 'proxy']],
    [{ open: 'ingress', namespace: 'shop' }, ['web-6d4cf56db6-abcde']],
    [{ denied: true }, ['n1-eth0', 'probe', 'db-0']],
    [{ denied: true, node: 'n2', labels: 'app' }, ['probe', 'db-0']],
    [{ sort: 'denied', descending: true, limit: 2 }, ['n1-eth0', 'db-0']],
  ])('filters and sorts: %j', async (search, expected) => expect(await names(search)).toEqual(expected))

  it('has the labels of the moment that is asked about', async () => {
    expect(await names({ unlabelled: true })).toEqual([])
    expect(await names({ unlabelled: true, at: changed - 1 })).toEqual(['probe'])
    expect(await list({ at: started - 1 })).toMatchObject({ at: started - 1, objects: 0, total: 0, endpoints: [] })
  })

  it('goes page after page without repeating or losing one', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await list({ limit: 2, ...(cursor !== undefined && { cursor }) })
      expect(page.total).toBe(5)
      seen.push(...page.endpoints.map(({ name }) => name))
      cursor = page.cursor
      pages += 1
    } while (cursor !== undefined)
    expect([pages, seen]).toEqual([3, await names({})])
  })

  it('says why a list is empty and what to do, where nobody tells of objects', async () => {
    const [unknown] = (await list({ at: started - 1 })).unknown
    expect(unknown?.why).toContain('no object of the cluster is known of the moment 2026-')
    expect(unknown?.hint).toContain('ask about a later moment')
  })

  it.each([
    [{ labels: 'app=(' }, 'labels: parse selector'],
    [{ ip: '10.0.0' }, 'cannot read the address "10.0.0"'],
    [{ at: now + 60 }, 'is after now'],
    [{ from: now, to: now - 1 }, 'is not before'],
    [{ cursor: 'x' }, 'unknown cursor'],
    [{ policy: 'nope' }, 'policy "nope" is none of the cluster of that moment'],
    [{ limit: 99_999 }, 'parameters: limit: too big: expected number to be <=1000, got "99999"'],
    [{ at: 'soon' as unknown as number }, 'parameters: at: invalid input: expected number, got "soon"'],
  ])('refuses %j and says why', async (search, detail) => {
    expect(await api.refused('endpoints', { search })).toMatchObject({
      status: 400,
      detail: expect.stringContaining(detail),
    })
  })
})

describe('GET /nodes', () => {
  it('tells of nodes with their agents, and of agents whose node is no object', async () => {
    const { nodes } = await api.get('nodes')
    expect(nodes).toMatchObject([
      {
        name: 'n1',
        ips: ['10.88.0.11'],
        labels: { zone: 'a' },
        isObject: true,
        ready: true,
        endpoints: 3,
        agent: { state: 'ready', version: '0.1.0', lastSeen: now - 2 },
      },
      { name: 'n2', ips: [], isObject: true, ready: false, endpoints: 2, agent: { state: 'absent' } },
      { name: 'n9', isObject: false, endpoints: 0, agent: { state: 'silent', says: 'says nothing since 90 s' } },
    ])
    expect(nodes[2]).not.toHaveProperty('traffic')
    expect(nodes[1]).toHaveProperty('ready', false)
  })

  it('gives rates by direction and verdict', async () => {
    const { nodes } = await api.get('nodes', { from: now - 400, to: now - 200, name: 'n2' })
    expect(nodes[0]?.traffic).toEqual({
      in: {
        allowed: { packetsPerSecond: 0.05, connectionsPerSecond: 0 },
        denied: { packetsPerSecond: 0.08, connectionsPerSecond: 0.015 },
      },
      out: {
        allowed: { packetsPerSecond: 0.1, connectionsPerSecond: 0.005 },
        denied: { packetsPerSecond: 0.1, connectionsPerSecond: 0.035 },
      },
    })
  })

  it('does not pretend to know how an agent was', async () => {
    const { nodes } = await api.get('nodes', { at: now - 1 })
    expect(nodes.map(({ name, agent }) => [name, agent.state])).toEqual([
      ['n1', 'ready'],
      ['n2', 'ready'],
    ])
    const before = await api.get('nodes', { at: now - 5400 })
    expect(before.nodes.map(({ agent }) => agent.state)).toEqual(['unknown', 'unknown'])
  })
})

describe('GET /network-sets', () => {
  it('tells of both scopes, with networks and domains', async () => {
    const { networkSets, total } = await api.get('networkSets')
    expect(total).toBe(2)
    expect(networkSets).toEqual([
      {
        scope: 'global',
        name: 'feed',
        labels: { kind: 'threat' },
        nets: ['203.0.113.0/24'],
        domains: ['*.example.com'],
      },
      {
        scope: 'namespace',
        namespace: 'shop',
        name: 'partners',
        labels: {},
        nets: ['198.51.100.0/24', 'fd00:1::/64'],
        domains: [],
      },
    ])
  })

  it('finds the sets that hold an address', async () => {
    expect((await api.get('networkSets', { contains: 'fd00:1::7' })).networkSets.map(({ name }) => name)).toEqual([
      'partners',
    ])
    expect((await api.get('networkSets', { contains: '192.0.2.1' })).total).toBe(0)
  })
})

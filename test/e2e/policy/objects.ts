// A small cluster as Kubernetes objects, and what agents saw in it as flow records.

export const yaml = (...objects: readonly unknown[]) => objects.map((object) => JSON.stringify(object)).join('\n---\n')

export const pod = (
  namespace: string,
  name: string,
  address: string,
  labels: object,
  ports: readonly object[] = [],
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
  spec: { nodeName: 'n1', containers: [{ name, ports }] },
  status: { podIP: address },
})

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

export const networkPolicy = (name: string, app: string, ingress: readonly object[], ns = 'shop') => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: ns, name },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'], ingress },
})

export const fromApp = (app: string) => ({ from: [{ podSelector: { matchLabels: { app } } }] })

export const cluster = [
  namespace('shop'),
  namespace('ops'),
  pod('shop', 'web', '10.77.0.1', { app: 'web' }),
  pod('shop', 'db', '10.77.0.2', { app: 'db' }, [{ name: 'sql', containerPort: 5432 }]),
  pod('ops', 'probe', '10.77.1.3', { app: 'probe' }),
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, status: { addresses: [{ address: '172.18.0.3' }] } },
]

export type Row = Readonly<Record<string, unknown>>

export const end = (
  side: 'source' | 'dest',
  ns: string,
  name: string,
  address: string,
  labels?: readonly string[],
): Row => ({
  [`${side}_type`]: 'wep',
  [`${side}_namespace`]: ns,
  [`${side}_name`]: name,
  [`${side}_name_aggr`]: name,
  [`${side}_ip`]: address,
  ...(labels && { [`${side}_labels`]: { labels } }),
})
export const outside = (side: 'source' | 'dest', address: string): Row => ({
  [`${side}_type`]: 'net',
  [`${side}_namespace`]: '-',
  [`${side}_name`]: '-',
  [`${side}_name_aggr`]: 'pub',
  [`${side}_ip`]: address,
})
export const web = (side: 'source' | 'dest') => end(side, 'shop', 'web', '10.77.0.1', ['app=web'])
export const db = (side: 'source' | 'dest') => end(side, 'shop', 'db', '10.77.0.2', ['app=db'])
export const probe = (side: 'source' | 'dest') => end(side, 'ops', 'probe', '10.77.1.3', ['app=probe'])

export const row = (source: Row, dest: Row, change: Row = {}): Row => ({
  start_time: 1_793_000_000,
  end_time: 1_793_000_015,
  action: 'allow',
  reporter: 'dst',
  proto: 'tcp',
  dest_port: 5432,
  num_flows: 1,
  ...source,
  ...dest,
  ...change,
})

export const ndjson = (rows: readonly Row[]) => rows.map((each) => `${JSON.stringify(each)}\n`).join('')

export const seen = [
  row(web('source'), db('dest')),
  row(probe('source'), db('dest')),
  row(web('source'), outside('dest', '203.0.113.9'), {
    dest_port: 443,
    reporter: 'src',
    dest_domains: ['api.example.com'],
  }),
  row(web('source'), db('dest'), { proto: 'udp', dest_port: 53 }),
  row(outside('source', '198.51.100.7'), web('dest'), { dest_port: 443 }),
  row(web('source'), probe('dest'), { proto: 'icmp', dest_port: null }),
]

// For tests of the judge: a small cluster as YAML (a shop with web and db on two nodes, a client in another namespace), rows of
// its agents, and what is read of a judged row.
import type { Row } from '@margay/model'
import type { Sent } from './judged-cluster.ts'

export const now = 1_793_000_000

export const namespace = (name: string, labels = '{}') => `
{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: ${labels}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {namespace: ${name}, name: default}}
---`
export const pod = (key: string, ip: string, node: string) => {
  const [space, name] = key.split('/')
  return `
{apiVersion: v1, kind: Pod, metadata: {namespace: ${space}, name: ${name}, uid: uid-${name}, labels: {app: ${name}}}, spec: {nodeName: ${node}, containers: []}, status: {phase: Running, podIP: ${ip}}}`
}
export const policy = (name: string, spec: string, generation = 1) => `
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop, uid: uid-${name}, generation: ${generation}}, spec: ${spec}}`
export const staged = (name: string, spec: string) => `
{apiVersion: projectcalico.org/v3, kind: StagedKubernetesNetworkPolicy, metadata: {name: ${name}, namespace: shop, uid: uid-${name}, generation: 3}, spec: ${spec}}`

export const cluster = `${namespace('shop')}${namespace('dev')}${pod('shop/web', '10.244.1.2', 'n1')}
---${pod('shop/db', '10.244.2.2', 'n2')}
---${pod('dev/client', '10.244.1.3', 'n1')}`

export const src = {
  reporter: 'src',
  direction: 'egress',
  proto: 'tcp',
  dest_port: 5432,
  action: 'allow',
  outcome: 'established',
}
export const dst = { ...src, reporter: 'dst', direction: 'ingress' }
export const interval = (end: number, flows = 1, started = 1, completed = 0): Row => ({
  start_time: end - 10,
  end_time: end,
  num_flows: flows,
  num_flows_started: started,
  num_flows_completed: completed,
  packets_in: 4,
  packets_out: 6,
  bytes_in: 400,
  bytes_out: 600,
})
export const webToDb = (more: Row = {}, rest: Row = interval(now)): Sent => ({
  agent: 'n1',
  series: { ...src, pod_uid: 'uid-web', ...more },
  rest: { source_ip: '10.244.1.2', dest_ip: '10.244.2.2', ...rest },
})
export const dbFromWeb = (more: Row = {}, rest: Row = interval(now)): Sent => ({
  agent: 'n2',
  series: { ...dst, pod_uid: 'uid-db', ...more },
  rest: { source_ip: '10.244.1.2', dest_ip: '10.244.2.2', ...rest },
})
export const webTo = (ip: string, more: Row = {}, rest: Row = interval(now)): Sent => ({
  agent: 'n1',
  series: { ...src, pod_uid: 'uid-web', ...more },
  rest: { source_ip: '10.244.1.2', dest_ip: ip, ...rest },
})

export const nobody = '{podSelector: {matchLabels: {app: db}}}'
export const onlyWeb =
  '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}'
export const profile = '0|__PROFILE__|__PROFILE__.kns.shop|allow|0'
export const verdict = (row: Row) => [row['action'], row['evidence'], row['evidence_source']]
export const enforced = (row: Row) => row['policies.enforced_policies']
export const pending = (row: Row) => row['policies.pending_policies']

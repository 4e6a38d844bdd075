// The cluster that benches of policies share: pods in workloads in namespaces, a default deny in each namespace and a policy
// for each workload but one. Made from a seed, so that two runs judge the same.

/** Deterministic chance (mulberry32). */
export function createChance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export const podIp = (pod: number) => `10.${(pod >> 16) & 255}.${(pod >> 8) & 255}.${pod & 255}`

const workloadsPerNamespace = 10
const podsPerWorkload = 10

function podDocument(index: number): unknown {
  const workload = Math.floor(index / podsPerWorkload)
  const namespace = Math.floor(workload / workloadsPerNamespace)
  const labels = {
    app: `app-${workload % workloadsPerNamespace}`,
    tier: ['web', 'api', 'db'][workload % 3],
    'pod-template-hash': `h${workload}`,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: `ns-${namespace}`, name: `pod-${index}`, uid: `uid-${index}`, labels },
    spec: {
      serviceAccountName: 'default',
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { podIP: podIp(index) },
  }
}

function namespaceDocuments(count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, index) => [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `ns-${index}`, labels: { team: `team-${index % 10}` } } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: `ns-${index}`, name: 'default' } },
  ]).flat()
}

/** Ten policies for each hundred pods: a default deny, and one for each workload but one. */
function policyDocument(index: number, chance: (below: number) => number): unknown {
  const namespace = Math.floor(index / workloadsPerNamespace)
  const app = index % workloadsPerNamespace
  const metadata = { namespace: `ns-${namespace}`, name: `policy-${app}` }
  const policyTypes = ['Ingress', 'Egress']
  if (app === 0)
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: {}, policyTypes },
    }
  const peers = Array.from({ length: 3 }, () => ({
    namespaceSelector: { matchLabels: { team: `team-${chance(10)}` } },
    podSelector: { matchLabels: { app: `app-${chance(workloadsPerNamespace)}` } },
  }))
  const ports = [
    { protocol: 'TCP', port: 'http' },
    { protocol: 'TCP', port: 9000, endPort: 9100 },
  ]
  const rules = [
    { from: peers, ports },
    { from: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports },
    { from: [{ podSelector: {} }] },
  ]
  const egress = [{ to: peers, ports }, { ports: [{ protocol: 'UDP', port: 53 }] }, { to: [{ podSelector: {} }] }]
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: { podSelector: { matchLabels: { app: `app-${app}` } }, policyTypes, ingress: rules, egress },
  }
}

export function makeDocuments({
  pods,
  policies,
}: {
  readonly pods: number
  readonly policies: number
}): readonly unknown[] {
  const chance = createChance(7)
  return [
    ...namespaceDocuments(Math.ceil(pods / (workloadsPerNamespace * podsPerWorkload))),
    ...Array.from({ length: pods }, (_, index) => podDocument(index)),
    ...Array.from({ length: policies }, (_, index) => policyDocument(index, chance)),
  ]
}

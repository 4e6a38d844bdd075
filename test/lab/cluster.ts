// The lab as a small cluster: six pods in four namespaces with the objects that Kubernetes would have of them, services whose
// addresses the node translates, and a node that forwards between pods, so that its rules see what policies would decide.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Lab, Pod } from './lab.ts'

interface Workload {
  readonly namespace: string
  /** The pod's whole name. */
  readonly pod: string
  /** What its controller gave the name by; undefined for a pod that stands alone. */
  readonly generateName?: string
  readonly labels: Readonly<Record<string, string>>
}

export const nodeName = 'lab-node'
const nodeAddress = '10.77.0.254'

/** By the names under which tests speak of them; numbers of addresses follow the order. */
const workloads = {
  front: {
    namespace: 'shop',
    pod: 'frontend-6d4b75cb6d-x2x8k',
    generateName: 'frontend-6d4b75cb6d-',
    labels: { app: 'frontend' },
  },
  web: {
    namespace: 'shop',
    pod: 'web-7f9c8d5b4c-q7wzn',
    generateName: 'web-7f9c8d5b4c-',
    labels: { app: 'web', tier: 'edge' },
  },
  api: { namespace: 'pay', pod: 'api-5c689d88bb-hj4vt', generateName: 'api-5c689d88bb-', labels: { app: 'api' } },
  ledger: { namespace: 'pay', pod: 'ledger-0', generateName: 'ledger-', labels: { app: 'ledger' } },
  db: { namespace: 'data', pod: 'db', labels: { app: 'db' } },
  dns: {
    namespace: 'kube-system',
    pod: 'coredns-668d6bf9bc-2kxlp',
    generateName: 'coredns-668d6bf9bc-',
    labels: { 'k8s-app': 'kube-dns' },
  },
} as const satisfies Record<string, Workload>

export type PodName = keyof typeof workloads
const podNames = Object.keys(workloads) as PodName[]

interface Service {
  readonly namespace: string
  readonly name: string
  readonly ip: string
  readonly port: number
  readonly portName: string
  readonly protocol: 'TCP' | 'UDP'
  readonly to: PodName
}

export const services = {
  web: { namespace: 'shop', name: 'web', ip: '10.96.0.20', port: 8080, portName: 'http', protocol: 'TCP', to: 'web' },
  dns: {
    namespace: 'kube-system',
    name: 'kube-dns',
    ip: '10.96.0.10',
    port: 53,
    portName: 'dns',
    protocol: 'UDP',
    to: 'dns',
  },
} as const satisfies Record<string, Service>

/** Port at which a service's pod answers. */
const targetPorts = { web: 80, dns: 53 } as const

export interface Cluster {
  readonly pods: Readonly<Record<PodName, Pod>>
  /** Loads nftables rules on the node: between pods in `forward`. */
  forwardRules(...rules: readonly string[]): void
  /** Loads one rule within a pod's own namespace. */
  podRule(pod: Pod, hook: 'input' | 'output', rule: string): void
}

/** What the rows of an end must say of it. */
export const namesOf = (pod: PodName, end: 'source' | 'dest') => {
  const { namespace, pod: name, ...rest } = workloads[pod]
  return {
    [`${end}_type`]: 'wep',
    [`${end}_namespace`]: namespace,
    [`${end}_name`]: name,
    [`${end}_name_aggr`]: 'generateName' in rest ? `${rest.generateName}*` : name,
  }
}

function podObject({ namespace, pod: name, generateName, labels }: Workload, { uid, ip, ip6 }: Pod) {
  const owner = generateName && {
    generateName,
    ownerReferences: [{ kind: 'ReplicaSet', name: generateName.slice(0, -1), controller: true }],
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, labels, ...owner },
    spec: { nodeName, containers: [{ name: 'main', image: 'lab' }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }, { ip: ip6 }] },
  }
}

const serviceObject = ({ namespace, name, ip, port, portName, protocol, to }: Service) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { clusterIP: ip, selector: workloads[to].labels, ports: [{ name: portName, port, protocol }] },
})

function objectsOf(pods: Cluster['pods']): readonly object[] {
  const namespaces = new Set(podNames.map((name) => workloads[name].namespace))
  const addresses = [{ type: 'InternalIP', address: nodeAddress }]
  return [
    ...[...namespaces].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName }, status: { addresses } },
    ...podNames.map((name) => podObject(workloads[name], pods[name])),
    ...Object.values(services).map(serviceObject),
  ]
}

/** Pods reach each other through the node, as they do where each has a link of its own. */
function routeThroughNode(lab: Lab, { netns }: Pod): void {
  lab.inNetns(netns, 'ip', 'route', 'add', nodeAddress, 'dev', 'eth0')
  lab.inNetns(netns, 'ip', 'route', 'del', '10.77.0.0/24', 'dev', 'eth0')
}

const nodeSettings = (bridge: string) => [
  'net.ipv4.ip_forward=1',
  // All pods are on one interface of the node; it would tell them to talk directly.
  'net.ipv4.conf.all.send_redirects=0',
  `net.ipv4.conf.${bridge}.send_redirects=0`,
  'net.netfilter.nf_conntrack_acct=1',
]

const translation = (pods: Cluster['pods']): string[] =>
  (Object.entries(services) as [keyof typeof services, Service][]).map(([key, { ip, port, protocol, to }]) => {
    const proto = protocol.toLowerCase()
    return `ip daddr ${ip} ${proto} dport ${port} dnat to ${pods[to].ip}:${targetPorts[key]}`
  })

/** A table with one chain, as `nft -f` reads it. */
const chain = (table: string, type: 'nat' | 'filter', hook: string, rules: readonly string[]) => `table ip ${table} {
  chain ${hook} {
    type ${type} hook ${hook} priority ${type === 'nat' ? 'dstnat' : 'filter'};
    ${rules.join('\n    ')}
  }
}
`

/** Makes the pods and the node's translation, and writes the objects, one file a kind, to `inventoryDir`. */
export function createCluster(lab: Lab, inventoryDir: string): Cluster {
  const load = (netns: string, rules: string) =>
    execFileSync('nsenter', [`--net=/var/run/netns/${netns}`, 'nft', '-f', '-'], { input: rules })
  const pods = Object.fromEntries(podNames.map((name, at) => [name, lab.pod(name, at + 1)])) as Cluster['pods']
  for (const pod of Object.values(pods)) routeThroughNode(lab, pod)
  load(lab.hub, chain('margay_services', 'nat', 'prerouting', translation(pods)))
  for (const setting of nodeSettings(`${lab.prefix}br`)) lab.inNetns(lab.hub, 'sysctl', '-qw', setting)
  mkdirSync(inventoryDir, { recursive: true })
  const text = objectsOf(pods).map((object) => stringify(object))
  writeFileSync(join(inventoryDir, 'cluster.yaml'), text.join('---\n'))
  return {
    pods,
    forwardRules: (...rules) => load(lab.hub, chain('margay_policy', 'filter', 'forward', rules)),
    podRule: (pod, hook, rule) => load(pod.netns, chain('margay_policy', 'filter', hook, [rule])),
  }
}

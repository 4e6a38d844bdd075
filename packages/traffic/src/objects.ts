// The story's cluster as the Kubernetes objects that an inventory reads.
import type { Cluster, Pod, Service } from './cluster.ts'
import { cacheRolledOutAt, policyChangedAt } from './incidents.ts'
import { siteOf } from './outside.ts'
import type { Peer, Policy, Rule } from './policies.ts'
import { policiesAt, tiers } from './policies.ts'
import { createRandom, hashText, podSuffix } from './random.ts'
import type { Workload } from './workloads.ts'
import { workloadOf, workloads } from './workloads.ts'

/** A Kubernetes object as its YAML says it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

const labelMap = (labels: readonly string[]): Record<string, string> =>
  Object.fromEntries(labels.map((label) => [label.slice(0, label.indexOf('=')), label.slice(label.indexOf('=') + 1)]))

function namespaceObject(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } }
}

function ownerOf({ workload, name }: Pod): Record<string, unknown> {
  if (workload.kind === 'StatefulSet') return { apiVersion: 'apps/v1', kind: 'StatefulSet', name: workload.name }
  if (workload.kind === 'CronJob') {
    return { apiVersion: 'batch/v1', kind: 'Job', name: `${workload.name}-${workload.revision}` }
  }
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: name.slice(0, name.lastIndexOf('-')) }
}

/** The cache is the one workload whose image changes: a StatefulSet, whose pods keep their names in a rollout. */
const isCache = ({ namespace, name }: Workload): boolean => namespace === 'data' && name === 'redis'

const imageOf = (workload: Workload, sinceOpening: number): string =>
  `registry.example/${workload.name}:${isCache(workload) && sinceOpening < cacheRolledOutAt ? '2.13' : '2.14'}`

/** A pod that a rollout replaced was another one, under the same name. */
const uidOf = ({ uid, workload }: Pod, sinceOpening: number): string =>
  isCache(workload) && sinceOpening < cacheRolledOutAt ? `0${uid.slice(1)}` : uid

function podObject(pod: Pod, sinceOpening: number): KubernetesObject {
  const { name, namespace, labels, node, ip, container, workload } = pod
  const containers = [
    {
      name: workload.name,
      image: imageOf(workload, sinceOpening),
      ports: workload.ports.map(({ name: port, port: containerPort, proto }) => ({
        name: port,
        containerPort,
        protocol: proto.toUpperCase(),
      })),
    },
  ]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: uidOf(pod, sinceOpening),
      labels: labelMap(labels),
      ownerReferences: [{ ...ownerOf(pod), controller: true }],
    },
    spec: { nodeName: node, containers },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      containerStatuses: [{ name: workload.name, containerID: `containerd://${container.padEnd(64, '0')}` }],
    },
  }
}

/** What owns the pods, up to what people call the workload. */
function ownerObjects(workload: Workload, sinceOpening: number): KubernetesObject[] {
  const { namespace, name, kind, replicas, revision, role } = workload
  const labels = { app: name, role }
  const containers = [{ name, image: imageOf(workload, sinceOpening) }]
  const template = { metadata: { labels }, spec: { containers } }
  const generation = isCache(workload) && sinceOpening >= cacheRolledOutAt ? 4 : 3
  const metadata = { name, namespace, labels, generation }
  if (kind === 'StatefulSet') return [{ apiVersion: 'apps/v1', kind, metadata, spec: { replicas, template } }]
  if (kind === 'CronJob') {
    const ownerReferences = [{ apiVersion: 'batch/v1', kind, name, controller: true }]
    return [
      { apiVersion: 'batch/v1', kind, metadata },
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: `${name}-${revision}`, namespace, labels, ownerReferences },
      },
    ]
  }
  const ownerReferences = [{ apiVersion: 'apps/v1', kind, name, controller: true }]
  return [
    { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, template } },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: `${name}-${revision}`, namespace, labels, ownerReferences },
    },
  ]
}

/** One on each node, on the node's own network, where policies of pods do not reach. */
function exporterObjects({ nodes }: Cluster): KubernetesObject[] {
  const [namespace, name] = ['monitoring', 'node-exporter']
  const labels = { app: name, role: 'metrics' }
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name, controller: true }]
  const pods = nodes.map((node) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${podSuffix(createRandom(hashText(node.name)))}`,
      namespace,
      uid: `exporter-${node.name}`,
      labels,
      ownerReferences,
    },
    spec: { nodeName: node.name, hostNetwork: true, containers: [{ name, image: 'registry.example/exporter:1.8' }] },
    status: { phase: 'Running', podIP: node.ip, podIPs: [{ ip: node.ip }] },
  }))
  return [{ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name, namespace, labels, generation: 1 } }, ...pods]
}

/** Networks and names that policies of this cluster could select; the card API by its name. */
const networkSets: readonly KubernetesObject[] = [
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkSet',
    metadata: { name: 'card-apis', labels: { role: 'card-api' } },
    spec: { allowedEgressDomains: ['api.stripe.com'] },
  },
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkSet',
    metadata: { name: 'partner-vpn', labels: { role: 'partner' } },
    spec: { nets: ['172.30.8.0/22', '172.30.14.0/24'] },
  },
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkSet',
    metadata: { name: 'rate-sources', namespace: 'data', labels: { role: 'rates' } },
    spec: { allowedEgressDomains: ['www.ecb.europa.eu'] },
  },
]

function serviceObject({ name, namespace, clusterIp, workload }: Service): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { app: workload.name } },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      selector: { app: workload.name },
      ports: workload.ports.map(({ name: port, port: number, proto }) => ({
        name: port,
        port: number,
        targetPort: number,
        protocol: proto.toUpperCase(),
      })),
    },
  }
}

function endpointSliceObject(service: Service, pods: readonly Pod[], sinceOpening: number): KubernetesObject {
  const { name, namespace, workload } = service
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: pods.map((pod) => ({
      addresses: [pod.ip],
      conditions: { ready: true },
      nodeName: pod.node,
      targetRef: { kind: 'Pod', name: pod.name, namespace, uid: uidOf(pod, sinceOpening) },
    })),
    ports: workload.ports.map(({ name: port, port: number, proto }) => ({
      name: port,
      port: number,
      protocol: proto.toUpperCase(),
    })),
  }
}

/** The entity of a rule that a peer stands for: selectors inside the cluster, blocks outside. */
function entityOf(peer: Peer): Record<string, unknown> {
  if ('any' in peer) return {}
  if ('site' in peer) return { nets: siteOf(peer.site).addresses.map((ip) => `${ip}/${ip.includes(':') ? 128 : 32}`) }
  const namespaceIs = (namespace: string) => `projectcalico.org/name == '${namespace}'`
  if ('role' in peer) return { selector: `role == '${peer.role}'`, namespaceSelector: namespaceIs(peer.namespace) }
  const { namespace, name } = workloadOf(peer.workload)
  return { selector: `app == '${name}'`, namespaceSelector: namespaceIs(namespace) }
}

function ruleObject(direction: Policy['direction'], { action, peer, port, proto }: Rule): Record<string, unknown> {
  const ports = port === undefined ? {} : { ports: [port] }
  const [source, destination] =
    direction === 'ingress' ? [entityOf(peer), ports] : [{}, { ...entityOf(peer), ...ports }]
  return {
    action,
    ...(port !== undefined && { protocol: (proto ?? 'tcp').toUpperCase() }),
    ...(Object.keys(source).length > 0 && { source }),
    ...(Object.keys(destination).length > 0 && { destination }),
  }
}

function policyObject(policy: Policy, sinceOpening: number): KubernetesObject {
  const { tier, namespace, name, direction, selects, order, rules } = policy
  const generation = name === 'payments-ingress' ? (sinceOpening < policyChangedAt ? 6 : 7) : 1
  const selector = selects ? `app == '${workloadOf(selects).name}'` : 'all()'
  const spec = {
    tier,
    order,
    selector,
    types: [direction === 'ingress' ? 'Ingress' : 'Egress'],
    [direction]: rules.map((rule) => ruleObject(direction, rule)),
  }
  const apiVersion = 'projectcalico.org/v3'
  if (namespace)
    return { apiVersion, kind: 'NetworkPolicy', metadata: { name: `${tier}.${name}`, namespace, generation }, spec }
  return { apiVersion, kind: 'GlobalNetworkPolicy', metadata: { name: `${tier}.${name}`, generation }, spec }
}

/** Every object that was there so many seconds after the opening. */
export function objectsAt(cluster: Cluster, sinceOpening: number): KubernetesObject[] {
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))]
  return [
    ...namespaces.map(namespaceObject),
    ...cluster.nodes.map(({ name, ip }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      status: {
        addresses: [{ type: 'InternalIP', address: ip }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    })),
    ...workloads.flatMap((workload) => ownerObjects(workload, sinceOpening)),
    ...cluster.pods.map((pod) => podObject(pod, sinceOpening)),
    ...exporterObjects(cluster),
    ...networkSets,
    ...cluster.services.flatMap((service) => [
      serviceObject(service),
      endpointSliceObject(
        service,
        cluster.podsOf.get(`${service.namespace}/${service.workload.name}`) ?? [],
        sinceOpening,
      ),
    ]),
    ...tiers.map(({ name, order, defaultAction }) => ({
      apiVersion: 'projectcalico.org/v3',
      kind: 'Tier',
      metadata: { name },
      spec: { order, defaultAction },
    })),
    ...policiesAt(sinceOpening).map((policy) => policyObject(policy, sinceOpening)),
  ]
}

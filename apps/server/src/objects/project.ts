// What is kept of each kind of object, and which kinds are kept at all. A pod of the API has some eight kilobytes, of which
// names and verdicts need one; and the fewer members are kept, the fewer versions there are to store, for most updates
// change nothing but what is left out here. A new kind is one line of the table.
import type { ObjectDocument } from './object.ts'
import { groupOf } from './object.ts'

/**
 * Which members stay: `true` keeps the member as it is, an object looks inside it, in lists inside each element.
 */
type Keep = true | { readonly [member: string]: Keep }

const meta: Keep = {
  name: true,
  namespace: true,
  uid: true,
  labels: true,
  generateName: true,
  creationTimestamp: true,
  deletionTimestamp: true,
  generation: true,
  ownerReferences: { apiVersion: true, kind: true, name: true, uid: true, controller: true },
  annotations: {
    // Calico's storage group keeps an object's real name and labels here.
    'projectcalico.org/metadata': true,
    // What a static pod's cgroup is named after.
    'kubernetes.io/config.hash': true,
  },
}

const container: Keep = { name: true, image: true, ports: true, restartPolicy: true }
const containerStatus: Keep = {
  name: true,
  containerID: true,
  state: { running: { startedAt: true }, terminated: { startedAt: true, finishedAt: true } },
}
const template: Keep = { metadata: { labels: true }, spec: { containers: { name: true, image: true } } }

const pod: Keep = {
  spec: {
    nodeName: true,
    hostNetwork: true,
    serviceAccountName: true,
    containers: container,
    initContainers: container,
  },
  status: {
    phase: true,
    podIP: true,
    podIPs: true,
    startTime: true,
    conditions: { type: true, status: true, lastTransitionTime: true },
    containerStatuses: containerStatus,
    initContainerStatuses: containerStatus,
    ephemeralContainerStatuses: containerStatus,
  },
}

const service: Keep = {
  spec: {
    type: true,
    clusterIP: true,
    clusterIPs: true,
    externalIPs: true,
    externalName: true,
    ports: true,
    selector: true,
    internalTrafficPolicy: true,
    externalTrafficPolicy: true,
  },
  status: { loadBalancer: true },
}

const node: Keep = {
  spec: { podCIDR: true, podCIDRs: true, unschedulable: true },
  status: {
    addresses: true,
    conditions: { type: true, status: true },
    nodeInfo: { kubeletVersion: true, kernelVersion: true, osImage: true },
  },
}

const slice: Keep = {
  addressType: true,
  endpoints: {
    addresses: true,
    conditions: true,
    hostname: true,
    nodeName: true,
    targetRef: { kind: true, namespace: true, name: true, uid: true },
  },
  ports: true,
}

const owner: Keep = { spec: { replicas: true, template } }
const policy: Keep = { spec: true, specs: true }

const calicoKinds = [
  'NetworkPolicy',
  'GlobalNetworkPolicy',
  'StagedNetworkPolicy',
  'StagedGlobalNetworkPolicy',
  'StagedKubernetesNetworkPolicy',
  'Tier',
  'NetworkSet',
  'GlobalNetworkSet',
  'HostEndpoint',
  'Profile',
]
const adminKinds = ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']

const of = (kinds: readonly string[], keep: Keep): Readonly<Record<string, Keep>> =>
  Object.fromEntries(kinds.map((kind) => [kind, keep]))

/** By API group and kind. */
const table: Readonly<Record<string, Readonly<Record<string, Keep>>>> = {
  '': { Pod: pod, Service: service, Node: node, Namespace: { status: { phase: true } }, ServiceAccount: {} },
  'discovery.k8s.io': { EndpointSlice: slice },
  apps: { Deployment: owner, StatefulSet: owner, DaemonSet: owner, ReplicaSet: {} },
  batch: { Job: {}, CronJob: {} },
  'networking.k8s.io': { NetworkPolicy: policy },
  'policy.networking.k8s.io': of(adminKinds, policy),
  'projectcalico.org': of(calicoKinds, policy),
  'crd.projectcalico.org': of(calicoKinds, policy),
  'cilium.io': of(['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'], policy),
}

/** Kinds that are kept, as `[group, kind]`. */
export const keptKinds: readonly (readonly [group: string, kind: string])[] = Object.entries(table).flatMap(
  ([group, kinds]) => Object.keys(kinds).map((kind) => [group, kind] as const),
)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function pick(value: unknown, keep: Keep): unknown {
  if (keep === true) return value
  if (Array.isArray(value)) return value.map((element) => pick(element, keep))
  if (!isRecord(value)) return value
  const picked: Record<string, unknown> = {}
  for (const member of Object.keys(keep)) {
    const inner = value[member]
    if (inner !== undefined && inner !== null) picked[member] = pick(inner, keep[member]!)
  }
  return picked
}

/**
 * The condition that is a fact: that a node is ready, that a pod has its network. A node's others come and go with its memory
 * and disk, a pod's with its probes.
 */
const factual: Readonly<Record<string, string>> = { Node: 'Ready', Pod: 'PodReadyToStartContainers' }

function withoutNoise(kind: string, document: Record<string, unknown>): Record<string, unknown> {
  const { status } = document
  const fact = Object.hasOwn(factual, kind) ? factual[kind] : undefined
  if (fact === undefined || !isRecord(status) || !Array.isArray(status['conditions'])) return document
  const { conditions: all, ...rest } = status
  const conditions = (all as unknown[]).filter((condition) => isRecord(condition) && condition['type'] === fact)
  return { ...document, status: conditions.length > 0 ? { ...rest, conditions } : rest }
}

/**
 * The document without what is not needed; undefined for a kind that is not kept. Members that are there keep their form,
 * right or wrong: whoever reads them judges that.
 */
export function project(document: ObjectDocument): ObjectDocument | undefined {
  const { apiVersion, kind } = document
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined
  const group = table[groupOf(apiVersion)]
  const keep = group && Object.hasOwn(group, kind) ? group[kind] : undefined
  if (keep === undefined || keep === true) return undefined
  return withoutNoise(kind, {
    apiVersion,
    kind,
    metadata: pick(document['metadata'], meta),
    ...(pick(document, keep) as Record<string, unknown>),
  })
}

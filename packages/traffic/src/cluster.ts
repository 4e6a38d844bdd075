// The cluster of one seed: pods with names, addresses and nodes, services with their addresses. The same seed gives the
// same cluster; nothing here changes with time.
import { createRandom, hashText, hex, mix, podSuffix } from './random.ts'
import type { Workload } from './workloads.ts'
import { nodeCount, serviceNameOf, workloads } from './workloads.ts'

export interface Pod {
  readonly workload: Workload
  readonly namespace: string
  readonly name: string
  /** The name as logs aggregate it: `checkout-7d9f8b6c54-*`, or the pod's own where it has no random part. */
  readonly nameAggr: string
  readonly ip: string
  readonly node: string
  readonly uid: string
  /** Container id, first 12 digits. */
  readonly container: string
  readonly netns: number
  readonly labels: readonly string[]
}

export interface Service {
  readonly workload: Workload
  readonly namespace: string
  readonly name: string
  readonly clusterIp: string
}

export interface Cluster {
  readonly nodes: readonly { readonly name: string; readonly ip: string }[]
  readonly pods: readonly Pod[]
  readonly services: readonly Service[]
  /** Pods of a workload, by `namespace/name`. */
  readonly podsOf: ReadonlyMap<string, readonly Pod[]>
}

function nameParts(workload: Workload, index: number, suffix: string): readonly [name: string, aggr: string] {
  const { kind, name, revision } = workload
  if (kind === 'StatefulSet') return [`${name}-${index}`, `${name}-*`]
  if (kind === 'CronJob') return [`${name}-${revision}-${suffix}`, `${name}-*`]
  return [`${name}-${revision}-${suffix}`, `${name}-${revision}-*`]
}

function labelsOf(workload: Workload, podName: string): string[] {
  const labels = [`app=${workload.name}`, `role=${workload.role}`]
  if (workload.name === 'coredns') labels.push('k8s-app=kube-dns')
  if (workload.kind === 'Deployment') labels.push(`pod-template-hash=${workload.revision}`)
  if (workload.kind === 'StatefulSet') labels.push(`statefulset.kubernetes.io/pod-name=${podName}`)
  return labels.sort()
}

function uid(random: () => number): string {
  return [8, 4, 4, 4, 12].map((length) => hex(random, length)).join('-')
}

function makePods(seed: number): Pod[] {
  const usedOnNode = new Map<number, number>()
  let turn = 0
  return workloads.flatMap((workload) =>
    Array.from({ length: workload.replicas }, (_, index): Pod => {
      const random = createRandom(mix(seed, hashText(`${workload.namespace}/${workload.name}`), index))
      const node = (turn++ % nodeCount) + 1
      const onNode = (usedOnNode.get(node) ?? 0) + 1
      usedOnNode.set(node, onNode)
      const [name, nameAggr] = nameParts(workload, index, podSuffix(random))
      return {
        workload,
        namespace: workload.namespace,
        name,
        nameAggr,
        ip: `10.42.${node}.${10 + onNode}`,
        node: `node-${node}`,
        uid: uid(random),
        container: hex(random, 12),
        netns: 4_026_532_000 + turn * 77,
        labels: labelsOf(workload, name),
      }
    }),
  )
}

export function createCluster(seed: number): Cluster {
  const pods = makePods(seed)
  return {
    nodes: Array.from({ length: nodeCount }, (_, index) => ({ name: `node-${index + 1}`, ip: `10.20.0.${index + 1}` })),
    pods,
    services: workloads
      .filter(({ service }) => service)
      .map((workload, index) => ({
        workload,
        namespace: workload.namespace,
        name: serviceNameOf(workload),
        clusterIp: workload.name === 'coredns' ? '10.96.0.10' : `10.96.14.${index + 20}`,
      })),
    podsOf: Map.groupBy(pods, ({ workload }) => `${workload.namespace}/${workload.name}`),
  }
}

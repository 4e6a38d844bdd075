// Which labels of a pod name its workload, as opposed to one replica or one revision.
import type { Pod, Snapshot } from '../objects/snapshot.ts'
import type { Labels } from '../selector/ast.ts'

/** Set by controllers on each replica or revision; a policy that names one dies with the next roll-out. */
const volatileLabels = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
  'controller-uid',
  'job-name',
])

/** The labels that all replicas of a workload share, now and after the next roll-out; sorted by key. */
export function stableLabels(labels: Labels): Labels {
  return new Map([...labels].filter(([key]) => !volatileLabels.has(key)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Pods of one namespace that a selector on stable labels cannot tell apart. */
export interface Workload {
  readonly key: string
  readonly namespace: string
  /** Short, and fit for a name. */
  readonly name: string
  readonly labels: Labels
  /** All pods that the labels select, seen or not. */
  readonly pods: readonly Pod[]
}

export type Scope = 'workload' | 'namespace'

const nameLabels = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name', 'component']

const asName = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)

function nameOf(pod: Pod, labels: Labels, scope: Scope): string {
  if (scope === 'namespace') return asName(pod.namespace)
  const label = nameLabels.find((key) => labels.has(key))
  return asName((label && labels.get(label)) ?? [...labels.values()].join('-')) || 'pods-without-labels'
}

const holdsAll = (pod: Pod, namespace: string, labels: Labels) =>
  pod.namespace === namespace && [...labels].every(([key, value]) => pod.labels.get(key) === value)

/** A function from pods to their workloads; equal workloads are the same object, and names are unique in a namespace. */
export function createWorkloads(snapshot: Snapshot, scope: Scope): (pod: Pod) => Workload {
  const known = new Map<string, Workload>()
  const used = new Set<string>()
  function uniqueName(namespace: string, wanted: string): string {
    for (let count = 1; ; count += 1) {
      const name = count === 1 ? wanted : `${wanted}-${count}`
      if (used.has(`${namespace}/${name}`)) continue
      used.add(`${namespace}/${name}`)
      return name
    }
  }
  return (pod) => {
    const labels: Labels = scope === 'namespace' ? new Map() : stableLabels(pod.labels)
    const key = JSON.stringify([pod.namespace, ...labels])
    const found = known.get(key)
    if (found) return found
    const { namespace } = pod
    const pods = snapshot.pods.filter((each) => !each.hostNetwork && holdsAll(each, namespace, labels))
    const workload = { key, namespace, name: uniqueName(namespace, nameOf(pod, labels, scope)), labels, pods }
    known.set(key, workload)
    return workload
  }
}

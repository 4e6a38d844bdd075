// Which labels of a pod name its workload, as opposed to one replica or one revision.
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

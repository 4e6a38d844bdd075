// Cilium's label selectors on the labels that endpoints carry here. Keys may name a source (`k8s:app`, `any:app`), and
// some keys stand for facts about the pod: its namespace, that namespace's labels, its service account.
import { and, equals, type Selector, someLeaf } from '../selector/ast.ts'
import { readLabelSelector } from '../selector/kubernetes.ts'
import { warn, type Place } from './place.ts'
import { inNamespace, isPod, namespaceLabel, namespacePrefix, serviceAccountLabel } from './scope.ts'

const podNamespace = 'io.kubernetes.pod.namespace'
const namespaceLabels = 'io.cilium.k8s.namespace.labels.'
const serviceAccount = 'io.cilium.k8s.policy.serviceaccount'

/** The label here that a key of Cilium's stands for. */
function renameKey(key: string): string {
  const bare = key.replace(/^(k8s|any)[:.]/, '')
  if (bare === podNamespace) return namespaceLabel
  if (bare === serviceAccount) return serviceAccountLabel
  if (bare.startsWith(namespaceLabels)) return namespacePrefix + bare.slice(namespaceLabels.length)
  return bare
}

const namesNamespace = (selector: Selector) =>
  someLeaf(
    selector,
    (leaf) => 'label' in leaf && (leaf.label === namespaceLabel || leaf.label.startsWith(namespacePrefix)),
  )

const usesReserved = (selector: Selector) =>
  someLeaf(selector, (leaf) => 'label' in leaf && /^(reserved:|io\.cilium\.k8s\.policy\.cluster$)/.test(leaf.label))

export interface CiliumSelector {
  readonly selector: Selector
  /** It asks for identities (hosts, other clusters) that have no labels here. */
  readonly isUnevaluated: boolean
}

/** Pods that the selector means; within a namespaced policy those of its namespace, unless it names others itself. */
export function readCiliumSelector(place: Place, namespace: string | undefined): CiliumSelector | undefined {
  const read = readLabelSelector(place, renameKey)
  if (!read) return undefined
  const isUnevaluated = usesReserved(read)
  if (isUnevaluated)
    warn(place, 'reserved: and cluster labels are not evaluated; verdicts that depend on them are unknown')
  const scoped = namespace !== undefined && !namesNamespace(read) ? and(inNamespace(namespace), read) : read
  return { selector: and(isPod, scoped), isUnevaluated }
}

/** Subjects lie in the policy's own namespace whatever the selector says. */
export function readCiliumSubject(place: Place, namespace: string | undefined): Selector | undefined {
  const read = readLabelSelector(place, renameKey)
  return read && and(isPod, namespace === undefined ? and() : equals(namespaceLabel, namespace), read)
}

// Which labels stand for namespace and service account, and how selectors on those become selectors on the labels that
// every endpoint carries or inherits. Calico's scheme: `pcns.` before a namespace's labels, `pcsa.` before an account's.
import { and, equals, has, mapLeaves, not, prefixLabels, type Selector } from '../selector/ast.ts'

export const namespaceLabel = 'projectcalico.org/namespace'
export const orchestratorLabel = 'projectcalico.org/orchestrator'
export const serviceAccountLabel = 'projectcalico.org/serviceaccount'
export const namespacePrefix = 'pcns.'
export const serviceAccountPrefix = 'pcsa.'

/** Pods, as opposed to network sets and host endpoints. */
export const isPod = equals(orchestratorLabel, 'k8s')

export const inNamespace = (namespace: string) => equals(namespaceLabel, namespace)

function inherited(selector: Selector, prefix: string, allMeans: string): Selector {
  return mapLeaves(prefixLabels(selector, prefix), (leaf) => (leaf.kind === 'all' ? has(allMeans) : leaf))
}

/** A selector on namespaces as one on endpoints; `all()` means any namespace, which objects without one do not have. */
export const onNamespace = (selector: Selector) => inherited(selector, namespacePrefix, namespaceLabel)

export const onServiceAccount = (selector: Selector) => inherited(selector, serviceAccountPrefix, serviceAccountLabel)

/** Meaning of `global()` in the namespaceSelector of a rule. */
export const withoutNamespace = not(has(namespaceLabel))

/** Pods in matching namespaces, of matching labels: the peers and subjects of the Kubernetes kinds. */
export function podsWhere(pods: Selector, namespaces: Selector): Selector {
  return and(isPod, onNamespace(namespaces), pods)
}

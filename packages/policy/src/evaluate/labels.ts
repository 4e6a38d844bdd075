// The labels that selectors see: an endpoint's own, and those it inherits from its namespace and service account under a
// prefix. Own labels win over inherited ones of the same name. Where a namespace or an account is not in the snapshot, its
// labels are not absent but unknown, and a selector that asks for one gets no answer.
import type { HostEndpoint, Namespace, NetworkSet, Pod, Profile, ServiceAccount } from '../objects/snapshot.ts'
import {
  namespaceLabel,
  namespacePrefix,
  orchestratorLabel,
  serviceAccountLabel,
  serviceAccountPrefix,
} from '../objects/scope.ts'
import type { Labels, Selector } from '../selector/ast.ts'
import { matchSelector } from '../selector/match.ts'
import { allOf, anyOf, type Answer, negate } from './answer.ts'

export interface KnownLabels {
  readonly labels: Labels
  /** Labels that begin with one of these, and are not in `labels`, are unknown. */
  readonly unknownPrefixes: readonly string[]
  /** Of those, the ones that are known after all: what is not in `labels` is absent. */
  readonly knownPrefixes?: readonly string[]
}

/** Longer service account names fit no label value and are left out, as Felix does. */
const longestLabelValue = 63

function inheritNamespace(target: Map<string, string>, name: string, namespace: Namespace | undefined): void {
  target.set(`${namespacePrefix}kubernetes.io/metadata.name`, name)
  for (const [key, value] of namespace?.labels ?? []) target.set(namespacePrefix + key, value)
  target.set(`${namespacePrefix}projectcalico.org/name`, name)
}

function inheritAccount(target: Map<string, string>, name: string, account: ServiceAccount | undefined): void {
  for (const [key, value] of account?.labels ?? []) target.set(serviceAccountPrefix + key, value)
  target.set(`${serviceAccountPrefix}projectcalico.org/name`, name)
}

export function podLabels(
  pod: Pick<Pod, 'namespace' | 'serviceAccount' | 'labels'>,
  namespace: Namespace | undefined,
  account: ServiceAccount | undefined,
): KnownLabels {
  const labels = new Map<string, string>()
  inheritNamespace(labels, pod.namespace, namespace)
  if (pod.serviceAccount !== undefined) inheritAccount(labels, pod.serviceAccount, account)
  for (const [key, value] of pod.labels) labels.set(key, value)
  labels.set(namespaceLabel, pod.namespace)
  labels.set(orchestratorLabel, 'k8s')
  if (pod.serviceAccount !== undefined && pod.serviceAccount.length < longestLabelValue)
    labels.set(serviceAccountLabel, pod.serviceAccount)
  const unknownPrefixes = [
    ...(namespace ? [] : [namespacePrefix]),
    ...(account && pod.serviceAccount !== undefined ? [] : [serviceAccountPrefix]),
    ...(pod.serviceAccount === undefined ? [serviceAccountLabel] : []),
  ]
  return { labels, unknownPrefixes }
}

/** A pod of which only the namespace is known. */
export function vanishedPodLabels(name: string, namespace: Namespace | undefined): KnownLabels {
  const labels = new Map<string, string>()
  inheritNamespace(labels, name, namespace)
  labels.set(namespaceLabel, name)
  labels.set(orchestratorLabel, 'k8s')
  return {
    labels,
    unknownPrefixes: [''],
    knownPrefixes: namespace ? [namespacePrefix, namespaceLabel] : [namespaceLabel],
  }
}

export function networkSetLabels(set: NetworkSet, namespace: Namespace | undefined): KnownLabels {
  if (set.namespace === undefined) return { labels: set.labels, unknownPrefixes: [] }
  const labels = new Map<string, string>()
  inheritNamespace(labels, set.namespace, namespace)
  for (const [key, value] of set.labels) labels.set(key, value)
  labels.set(namespaceLabel, set.namespace)
  return { labels, unknownPrefixes: namespace ? [] : [namespacePrefix] }
}

export function hostEndpointLabels(host: HostEndpoint, profiles: ReadonlyMap<string, Profile>): KnownLabels {
  const inherited = host.profiles.flatMap((name) => [...(profiles.get(name)?.labels ?? [])])
  return { labels: new Map([...inherited, ...host.labels]), unknownPrefixes: [] }
}

/** Whether nothing can be said of the label: neither a value nor its absence. */
export const isUnknown = (known: KnownLabels, label: string) =>
  !known.labels.has(label) &&
  known.unknownPrefixes.some((prefix) => label.startsWith(prefix)) &&
  !known.knownPrefixes?.some((prefix) => label.startsWith(prefix))

/** Whether the selector matches, as far as the labels are known. */
export function judgeSelector(selector: Selector, known: KnownLabels): Answer {
  if (known.unknownPrefixes.length === 0) return matchSelector(selector, known.labels)
  switch (selector.kind) {
    case 'not':
      return negate(judgeSelector(selector.of, known))
    case 'and':
      return allOf(
        selector.of.map((part) => () => judgeSelector(part, known)),
        () => {},
      )
    case 'or':
      return anyOf(
        selector.of.map((part) => () => judgeSelector(part, known)),
        () => {},
      )
    case 'all':
    case 'global':
      return true
    default:
      return isUnknown(known, selector.label) ? undefined : matchSelector(selector, known.labels)
  }
}

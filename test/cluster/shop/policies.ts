// The story's policies as Kubernetes NetworkPolicies, which is what this cluster enforces. A workload that the story isolates
// in a direction is isolated here; what its tier admits, and what the platform's tier admits for everybody, are its rules.
import { policiesAt, siteOf, workloadOf, type Peer, type Policy, type Rule } from '@margay/traffic'
import type { KubeObject } from '../parts/kubectl.ts'

const inNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })

/** Peers of a rule; none means everybody. */
function peersOf(peer: Peer): readonly Readonly<Record<string, unknown>>[] {
  if ('any' in peer) return []
  if ('site' in peer) {
    const addresses = siteOf(peer.site).addresses.filter((address) => !address.includes(':'))
    return addresses.map((address) => ({ ipBlock: { cidr: `${address}/32` } }))
  }
  if ('role' in peer) {
    return [{ namespaceSelector: inNamespace(peer.namespace), podSelector: { matchLabels: { role: peer.role } } }]
  }
  const { namespace, name } = workloadOf(peer.workload)
  // The name server is the cluster's own, with its usual label.
  const labels = name === 'coredns' ? { 'k8s-app': 'kube-dns' } : { app: name }
  return [{ namespaceSelector: inNamespace(namespace), podSelector: { matchLabels: labels } }]
}

function ruleOf({ peer, port, proto = 'tcp' }: Rule, far: 'from' | 'to'): Readonly<Record<string, unknown>> {
  const peers = peersOf(peer)
  return {
    ...(peers.length > 0 && { [far]: peers }),
    ...(port !== undefined && { ports: [{ port, protocol: proto.toUpperCase() }] }),
  }
}

const admits = ({ action }: Rule) => action === 'Allow'

function networkPolicyOf({ name, selects, direction, rules }: Policy, forAll: readonly Policy[]): KubeObject {
  const workload = workloadOf(selects!)
  const all = [...rules, ...forAll.filter((policy) => policy.direction === direction).flatMap((policy) => policy.rules)]
  const far = direction === 'ingress' ? 'from' : 'to'
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: workload.namespace },
    spec: {
      podSelector: { matchLabels: { app: workload.name } },
      policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'],
      [direction]: all.filter(admits).map((rule) => ruleOf(rule, far)),
    },
  }
}

/** Those in force when the story opens. */
export function shopPolicies(): readonly KubeObject[] {
  const policies = policiesAt(0)
  const forAll = policies.filter(({ tier, selects }) => tier === 'platform' && selects === undefined)
  return policies
    .filter(({ tier, selects }) => tier !== 'platform' && selects !== undefined)
    .map((policy) => networkPolicyOf(policy, forAll))
}

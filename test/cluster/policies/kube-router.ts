// Two faults of kube-router 2.1.0, found by this comparison and confirmed in its source, and for each a spelling of the same
// policy that it reads rightly. Without them every difference would be its, and ours would hide among them.
//
// - It keeps a policy's rules of both directions in one chain (pkg/controllers/netpol/policy.go), so that a rule for what comes
//   in to the policy's pods also admits what they send to each other. Written as two policies of one direction each, a policy
//   means the same.
// - A rule whose ports are all names that no pod has is read as a rule without ports, which admits every port (line 237, where
//   peers are pods). A number beside the names, of a port that nobody uses, leaves the meaning for all others as it was.
import type { NetworkPolicy, PolicyPort, Rule } from '../../policy/network-policy.ts'

/** Discard: no pod listens there and no test connects there. */
const unusedPort: PolicyPort = { protocol: 'TCP', port: 9 }

const isName = ({ port }: PolicyPort) => typeof port === 'string'

function withNumber<R extends Rule>(rule: R): R {
  const { ports = [] } = rule
  return ports.length > 0 && ports.every(isName) ? { ...rule, ports: [...ports, unusedPort] } : rule
}

/** The same policy, as one or two that kube-router enforces as they are meant. */
export function asKubeRouterReads({ metadata, spec, ...kind }: NetworkPolicy): NetworkPolicy[] {
  const { podSelector, ingress = [], egress = [] } = spec
  const types = spec.policyTypes ?? (egress.length > 0 ? (['Ingress', 'Egress'] as const) : (['Ingress'] as const))
  return types.map((type) => ({
    ...kind,
    metadata: { ...metadata, name: `${metadata.name}-${type.toLowerCase()}` },
    spec: {
      podSelector,
      policyTypes: [type],
      ...(type === 'Ingress' ? { ingress: ingress.map(withNumber) } : { egress: egress.map(withNumber) }),
    },
  }))
}

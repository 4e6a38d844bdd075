// Compiles Kubernetes NetworkPolicies to nftables for the lab, so that the kernel can be asked what a policy set does. It is
// written from the text of the Kubernetes documentation ("Network Policies", and the API reference of
// networking.k8s.io/v1) alone, and shares nothing with packages/policy: two readings of one text are compared.
//
// What the text says, in the order in which the compiler uses it:
// - A pod is isolated for a direction if a policy in its namespace selects it and has that direction among its types. Without
//   `policyTypes`, Ingress is always among them and Egress if there are egress rules.
// - An isolated pod takes only what a rule of one of those policies admits; policies add up, their order says nothing.
// - A connection needs the source's egress and the destination's ingress; answers to it are admitted by themselves.
// - A rule admits what matches one of its peers and one of its ports; without peers every peer, without ports every port.
// - A pod cannot block itself.

import type { NetworkPolicy, Peer, PolicyPort, Selector } from '../../policy/network-policy.ts'

export interface LabPod {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly ip: string
  readonly ports: readonly { readonly name: string; readonly protocol: 'TCP' | 'UDP'; readonly number: number }[]
}

export interface LabNamespace {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const byLabels = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return byLabels && (selector.matchExpressions ?? []).every((expression) => meets(expression, labels))
}

function meets(
  expression: NonNullable<Selector['matchExpressions']>[number],
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[expression.key]
  switch (expression.operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && (expression.values ?? []).includes(value)
    case 'NotIn':
      return value === undefined || !(expression.values ?? []).includes(value)
  }
}

type Direction = 'Ingress' | 'Egress'

function typesOf({ spec }: NetworkPolicy): readonly Direction[] {
  return spec.policyTypes ?? (spec.egress && spec.egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'])
}

/** Matches of the far end, as nft expressions; each is one alternative. `field` is the header field it is read from. */
function peerMatches(
  peer: Peer,
  policyNamespace: string,
  field: 'saddr' | 'daddr',
  pods: readonly LabPod[],
  namespaces: readonly LabNamespace[],
): string[] {
  if (peer.ipBlock) {
    const { cidr, except = [] } = peer.ipBlock
    const excluded = except.length > 0 ? ` ip ${field} != { ${except.join(', ')} }` : ''
    return [cidr === '0.0.0.0/0' ? excluded.trim() : `ip ${field} ${cidr}${excluded}`]
  }
  const spaces = peer.namespaceSelector
    ? namespaces.filter(({ labels }) => selects(peer.namespaceSelector!, labels)).map(({ name }) => name)
    : [policyNamespace]
  const members = pods.filter((pod) => spaces.includes(pod.namespace) && selects(peer.podSelector ?? {}, pod.labels))
  return members.map((pod) => `ip ${field} ${pod.ip}`)
}

/** Matches of the port, as nft expressions. A named port is that of the destination pod, with its protocol. */
function portMatches(port: PolicyPort, destinations: readonly LabPod[]): string[] {
  const protocol = port.protocol ?? 'TCP'
  const word = protocol.toLowerCase()
  if (port.port === undefined) return [`meta l4proto ${word}`]
  if (typeof port.port === 'number')
    return [`${word} dport ${port.endPort === undefined ? port.port : `${port.port}-${port.endPort}`}`]
  return destinations.flatMap((pod) =>
    pod.ports
      .filter(({ name, protocol: of }) => name === port.port && of === protocol)
      .map(({ number }) => `ip daddr ${pod.ip} ${word} dport ${number}`),
  )
}

/** The rules that admit for one pod in one direction, one nft line each, or undefined where the pod is not isolated. */
function admissions(
  pod: LabPod,
  direction: Direction,
  policies: readonly NetworkPolicy[],
  pods: readonly LabPod[],
  namespaces: readonly LabNamespace[],
): string[] | undefined {
  const selecting = policies.filter(
    (policy) =>
      policy.metadata.namespace === pod.namespace &&
      typesOf(policy).includes(direction) &&
      selects(policy.spec.podSelector, pod.labels),
  )
  if (selecting.length === 0) return undefined
  const field = direction === 'Ingress' ? 'saddr' : 'daddr'
  const destinations = direction === 'Ingress' ? [pod] : pods
  return selecting.flatMap(({ metadata, spec }) => {
    const rules =
      direction === 'Ingress'
        ? (spec.ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports }))
        : (spec.egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports }))
    return rules.flatMap(({ peers = [], ports = [] }) => {
      const far =
        peers.length === 0
          ? ['']
          : peers.flatMap((peer) => peerMatches(peer, metadata.namespace, field, pods, namespaces))
      const near = ports.length === 0 ? [''] : ports.flatMap((port) => portMatches(port, destinations))
      return far.flatMap((peer) => near.map((port) => [peer, port].filter(Boolean).join(' ')))
    })
  })
}

function chain(name: string, admitted: readonly string[] | undefined): string {
  const lines =
    admitted === undefined
      ? ['return']
      : [...admitted.map((match) => `${match} return`.trim()), 'meta l4proto tcp reject with tcp reset', 'reject']
  return `  chain ${name} {\n${lines.map((line) => `    ${line}`).join('\n')}\n  }`
}

/** One table of the lab's node: forwarded packets pass the source's egress chain and the destination's ingress chain. */
export function compile(
  table: string,
  policies: readonly NetworkPolicy[],
  pods: readonly LabPod[],
  namespaces: readonly LabNamespace[],
): string {
  const chains = pods.flatMap((pod, index) => [
    chain(`egress${index}`, admissions(pod, 'Egress', policies, pods, namespaces)),
    chain(`ingress${index}`, admissions(pod, 'Ingress', policies, pods, namespaces)),
  ])
  const jumps = pods
    .map((pod, index) => `    ip saddr ${pod.ip} jump egress${index}`)
    .concat(pods.map((pod, index) => `    ip daddr ${pod.ip} jump ingress${index}`))
  return `table ip ${table}
delete table ip ${table}
table ip ${table} {
${chains.join('\n')}
  chain forward {
    type filter hook forward priority 0
    policy accept
    ct state established,related accept
${jumps.join('\n')}
  }
}
`
}

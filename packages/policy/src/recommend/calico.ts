// Needs as Calico NetworkPolicies: protocols by name or number, outside addresses gathered in network sets, and domains
// where the client is known to have asked for them.
import { printAddress } from '../net/address.ts'
import { protocolName } from '../objects/ports.ts'
import type { Rendered } from './kubernetes.ts'
import type { Layer4Need, Need, Peer, PeerNeed } from './need.ts'
import type { Workload } from './workload.ts'

const quote = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`)

const selectorOf = ({ labels }: Workload) =>
  labels.size === 0 ? 'all()' : [...labels].map(([key, value]) => `${key} == ${quote(value)}`).join(' && ')

type WorkloadPeer = Peer & { readonly kind: 'workload' }

function workloadEntity({ workload }: WorkloadPeer, own: Workload): Record<string, unknown> {
  const selector = `projectcalico.org/orchestrator == 'k8s'${workload.labels.size > 0 ? ` && ${selectorOf(workload)}` : ''}`
  return workload.namespace === own.namespace
    ? { selector }
    : { selector, namespaceSelector: `projectcalico.org/name == '${workload.namespace}'` }
}

const protocolWords: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
  icmp: 'ICMP',
  icmpv6: 'ICMPv6',
  udplite: 'UDPLite',
}

function protocolValue(protocol: number): string | number {
  return protocolWords[protocolName(protocol)] ?? protocol
}

interface Group {
  readonly protocol: number
  readonly ports: readonly number[]
}

function groupsOf(layer4: Iterable<Layer4Need>): readonly Group[] {
  const groups = Map.groupBy(layer4, (each) => each.protocol)
  return [...groups].map(([protocol, entries]) => ({
    protocol,
    ports: entries.flatMap(({ port }) => port ?? []).sort((a, b) => a - b),
  }))
}

function rulesFor(
  entity: Record<string, unknown>,
  layer4: Iterable<Layer4Need>,
  direction: Need['direction'],
): readonly unknown[] {
  return groupsOf(layer4).map(({ protocol, ports }) => {
    const base = { action: 'Allow', protocol: protocolValue(protocol) }
    const atPorts = ports.length > 0 ? { ports } : {}
    if (direction === 'egress') return { ...base, destination: { ...entity, ...atPorts } }
    return ports.length > 0 ? { ...base, source: entity, destination: atPorts } : { ...base, source: entity }
  })
}

const layer4Key = (need: PeerNeed) => [...need.layer4.keys()].sort().join(' ')

/** Outside peers with the same ports share a network set. */
function outsideSets(need: Need): readonly { readonly name: string; readonly peers: readonly PeerNeed[] }[] {
  const outside = [...need.peers.values()].filter(({ peer }) => peer.kind === 'address')
  return [...Map.groupBy(outside, layer4Key).values()].map((peers, index) => ({
    name: `recommended-${need.workload.name}-${need.direction}-${index + 1}`,
    peers,
  }))
}

const setLabel = 'margay.dev/recommended-for'

function renderOutside(
  need: Need,
  namespace: string,
): { readonly documents: readonly unknown[]; readonly rules: readonly unknown[] } {
  const sets = outsideSets(need)
  const documents = sets.map(({ name, peers }) => {
    const addresses = peers.flatMap(({ peer }) => (peer.kind === 'address' ? [peer] : []))
    const domains = need.direction === 'egress' ? [...new Set(addresses.flatMap((peer) => peer.domains))].sort() : []
    const nets = addresses.map(({ address }) => `${printAddress(address)}/${address.words.length * 32}`)
    return {
      apiVersion: 'projectcalico.org/v3',
      kind: 'NetworkSet',
      metadata: { name, namespace, labels: { [setLabel]: name } },
      spec: { nets, ...(domains.length > 0 && { allowedEgressDomains: domains }) },
    }
  })
  const rules = sets.flatMap(({ name, peers: [first] }) =>
    first ? rulesFor({ selector: `${setLabel} == '${name}'` }, first.layer4.values(), need.direction) : [],
  )
  return { documents, rules }
}

function renderNeed(need: Need): ReturnType<typeof renderOutside> {
  const inside = [...need.peers.values()].flatMap(({ peer, layer4 }) =>
    peer.kind === 'workload' ? rulesFor(workloadEntity(peer, need.workload), layer4.values(), need.direction) : [],
  )
  const outside = renderOutside(need, need.workload.namespace)
  return { documents: outside.documents, rules: [...inside, ...outside.rules] }
}

/** The policy of one workload, and the network sets that it refers to. */
export function renderCalico(workload: Workload, needs: readonly Need[]): Rendered {
  const rendered = needs.map((need) => ({ need, ...renderNeed(need) }))
  const rules = (direction: Need['direction']) =>
    rendered.filter(({ need }) => need.direction === direction).flatMap((each) => each.rules)
  const policy = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    metadata: { name: `recommended-${workload.name}`, namespace: workload.namespace },
    spec: {
      tier: 'default',
      order: 1000,
      selector: selectorOf(workload),
      types: ['Ingress', 'Egress'],
      ingress: rules('ingress'),
      egress: rules('egress'),
    },
  }
  const named = rendered.flatMap(({ need }) =>
    [...need.peers.values()].flatMap(({ peer }) =>
      peer.kind === 'address' && need.direction === 'egress' ? peer.domains : [],
    ),
  )
  const generalisations =
    named.length > 0
      ? [`${workload.namespace}/${workload.name}: whatever addresses ${[...new Set(named)].join(', ')} will have`]
      : []
  return { documents: [...rendered.flatMap((each) => each.documents), policy], generalisations }
}

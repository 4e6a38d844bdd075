// Needs as Kubernetes NetworkPolicies: one per workload, both directions isolated, one rule per peer.
import { printAddress } from '../net/address.ts'
import { carriesPorts } from '../evaluate/match-entity.ts'
import { protocolName } from '../objects/ports.ts'
import type { Layer4Need, Need, Peer, PeerNeed } from './need.ts'
import type { Workload } from './workload.ts'

export interface Rendered {
  readonly documents: readonly unknown[]
  /** What is allowed beyond what was seen, in words. */
  readonly generalisations: readonly string[]
}

const selectorOf = ({ labels }: Workload) => (labels.size === 0 ? {} : { matchLabels: Object.fromEntries(labels) })

function peerObject(peer: Peer, own: Workload): unknown {
  if (peer.kind === 'address') {
    return { ipBlock: { cidr: `${printAddress(peer.address)}/${peer.address.words.length * 32}` } }
  }
  const pods = { podSelector: selectorOf(peer.workload) }
  if (peer.workload.namespace === own.namespace) return pods
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.workload.namespace } }, ...pods }
}

/** NetworkPolicy has words for TCP, UDP and SCTP only: anything else needs a rule for every protocol. */
const isWritable = ({ protocol }: Layer4Need) => carriesPorts(protocol)

const portObject = ({ protocol, port }: Layer4Need) => ({
  protocol: protocolName(protocol).toUpperCase(),
  ...(port !== undefined && { port }),
})

function ruleObject({ peer, layer4 }: PeerNeed, need: Need): unknown {
  const ports = [...layer4.values()]
  const key = need.direction === 'ingress' ? 'from' : 'to'
  const peers = { [key]: [peerObject(peer, need.workload)] }
  return ports.every(isWritable) ? { ...peers, ports: ports.map(portObject) } : peers
}

const peerName = (peer: Peer) =>
  peer.kind === 'workload' ? `${peer.workload.namespace}/${peer.workload.name}` : printAddress(peer.address)

function widenings(need: Need): readonly string[] {
  return [...need.peers.values()].flatMap(({ peer, layer4 }) => {
    const other = [...layer4.values()].filter((each) => !isWritable(each))
    if (other.length === 0) return []
    const names = other.map((each) => protocolName(each.protocol)).join(', ')
    return [
      `${need.workload.namespace}/${need.workload.name}: every protocol ${need.direction === 'ingress' ? 'from' : 'to'} ${peerName(peer)}, because NetworkPolicy has no word for ${names}`,
    ]
  })
}

/** The policy of one workload from the needs of its directions. */
export function renderKubernetes(workload: Workload, needs: readonly Need[]): Rendered {
  const rules = (direction: Need['direction']) =>
    needs
      .filter((need) => need.direction === direction)
      .flatMap((need) => [...need.peers.values()].map((peer) => ruleObject(peer, need)))
  const document = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `recommended-${workload.name}`, namespace: workload.namespace },
    spec: {
      podSelector: selectorOf(workload),
      policyTypes: ['Ingress', 'Egress'],
      ingress: rules('ingress'),
      egress: rules('egress'),
    },
  }
  return { documents: [document], generalisations: needs.flatMap(widenings) }
}

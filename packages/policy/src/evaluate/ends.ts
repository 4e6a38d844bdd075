// Who the two ends of a flow are. A pod that the snapshot does not hold is `missing`, never "outside": outside addresses
// match no selector, and to say that of a pod would be a guess.
import type { Address } from '../net/address.ts'
import { printAddress } from '../net/address.ts'
import { type HostEndpoint, type NamedPort, type Node, type Pod, podKey } from '../objects/snapshot.ts'
import type { Flow, FlowEnd } from './flow.ts'
import type { KnownLabels } from './labels.ts'
import { isPodAddress, type Lookup } from './lookup.ts'

interface Common {
  readonly address?: Address
  readonly domains: readonly string[]
  /** For people: `pod shop/web`, `192.0.2.1`. */
  readonly title: string
}

export type End = Common &
  (
    | { readonly kind: 'pod'; readonly pod: Pod; readonly known: KnownLabels; readonly ports: readonly NamedPort[] }
    | {
        readonly kind: 'host'
        readonly host: HostEndpoint
        readonly known: KnownLabels
        readonly ports: readonly NamedPort[]
      }
    | { readonly kind: 'node'; readonly node: Node }
    | { readonly kind: 'outside' }
    /** Somebody of ours about whom too little is known. */
    | { readonly kind: 'missing'; readonly known?: KnownLabels }
  )

export interface Ends {
  readonly source: End
  readonly destination: End
  /** IP version of the flow; undefined when neither end has an address. */
  readonly family: 4 | 6 | undefined
}

type Draft = (address: Address | undefined) => End

function hostEnd(host: HostEndpoint, lookup: Lookup, domains: readonly string[]): Draft {
  return (address) => ({
    kind: 'host',
    host,
    known: lookup.hostLabelsOf(host),
    ports: host.ports,
    domains,
    title: `host endpoint ${host.name}`,
    ...(address && { address }),
  })
}

function nodeEnd(name: string, lookup: Lookup, domains: readonly string[]): Draft {
  const host = lookup.hostEndpointOfNode(name)
  if (host) return hostEnd(host, lookup, domains)
  const node = lookup.node(name) ?? { name, labels: new Map(), addresses: [] }
  return (address) => ({ kind: 'node', node, domains, title: `node ${name}`, ...(address && { address }) })
}

function podEnd(pod: Pod, lookup: Lookup, domains: readonly string[]): Draft {
  if (pod.hostNetwork && pod.node !== undefined) return nodeEnd(pod.node, lookup, domains)
  return (address) => ({
    kind: 'pod',
    pod,
    known: lookup.labelsOf(pod),
    ports: pod.ports,
    domains,
    title: `pod ${podKey(pod)}`,
    ...(address && { address }),
  })
}

function missingEnd(title: string, domains: readonly string[], known?: KnownLabels): Draft {
  return (address) => ({ kind: 'missing', domains, title, ...(address && { address }), ...(known && { known }) })
}

function endAt(address: Address, lookup: Lookup, domains: readonly string[]): Draft {
  const pod = lookup.podAt(address)
  if (pod) return podEnd(pod, lookup, domains)
  const host = lookup.hostEndpointAt(address)
  if (host) return hostEnd(host, lookup, domains)
  const node = lookup.nodeAt(address)
  if (node) return nodeEnd(node.name, lookup, domains)
  const title = printAddress(address)
  if (isPodAddress(address, lookup.options)) return missingEnd(`the pod at ${title}`, domains)
  return () => ({ kind: 'outside', address, domains, title })
}

function draftEnd(end: FlowEnd, lookup: Lookup): Draft {
  const domains = end.domains ?? []
  if (end.pod !== undefined) {
    const pod = lookup.pod(end.pod)
    if (pod) return podEnd(pod, lookup, domains)
    return missingEnd(`pod ${end.pod}`, domains, lookup.labelsOfVanished(end.pod.split('/', 1)[0] ?? ''))
  }
  if (end.hostEndpoint !== undefined) {
    const host = lookup.hostEndpoint(end.hostEndpoint)
    return host ? hostEnd(host, lookup, domains) : missingEnd(`host endpoint ${end.hostEndpoint}`, domains)
  }
  return end.address ? endAt(end.address, lookup, domains) : missingEnd('an end without name and address', domains)
}

function ownAddresses(end: End): readonly Address[] {
  if (end.kind === 'pod') return end.pod.addresses
  if (end.kind === 'host') return end.host.expectedAddresses
  return end.kind === 'node' ? end.node.addresses : []
}

/** The family both ends can speak: a stated address decides, else the first that both have. */
function familyOf(flow: Flow, source: End, destination: End): 4 | 6 | undefined {
  const stated = flow.destination.address ?? flow.source.address
  if (stated) return stated.family
  const [from, to] = [ownAddresses(source), ownAddresses(destination)]
  const shared = to.find((address) => from.some((other) => other.family === address.family))
  return (shared ?? to[0] ?? from[0])?.family
}

/** Resolves both ends. Addresses that the flow does not state are taken from the endpoint, in the flow's family. */
export function resolveEnds(flow: Flow, lookup: Lookup): Ends {
  const [draftSource, draftDestination] = [draftEnd(flow.source, lookup), draftEnd(flow.destination, lookup)]
  const source = draftSource(flow.source.address)
  const destination = draftDestination(flow.destination.address)
  const family = familyOf(flow, source, destination)
  const pick = (end: End, draft: Draft) =>
    end.address ? end : draft(ownAddresses(end).find((own) => own.family === family))
  return { source: pick(source, draftSource), destination: pick(destination, draftDestination), family }
}

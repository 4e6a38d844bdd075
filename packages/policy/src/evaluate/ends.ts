// Who the two ends of a flow are. A pod that the snapshot does not hold is `missing`, never "outside": outside addresses
// match no selector, and to say that of a pod would be a guess.
import type { Address } from '../net/address.ts'
import { printAddress } from '../net/address.ts'
import type { Names } from '../objects/domains.ts'
import type { HostEndpoint, NamedPort, Node, Pod } from '../objects/snapshot.ts'
import type { Answer, Miss } from './answer.ts'
import type { Flow, FlowEnd } from './flow.ts'
import type { KnownLabels } from './labels.ts'
import { isPodAddress, type Lookup } from './lookup.ts'

interface Common {
  readonly address?: Address
  readonly names: Names
  /** For people: `pod shop/web`, `192.0.2.1`. */
  readonly title: string
}

export type End = Common &
  (
    | { readonly kind: 'pod'; readonly pod: Pod; readonly known: KnownLabels; readonly ports: Pod['ports'] }
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

/** Whether the end is nobody of ours; of one about whom too little is known that cannot be told. */
export function isOutside(end: End, miss: Miss): Answer {
  if (end.kind !== 'missing') return end.kind === 'outside'
  miss({ kind: 'endpoint', text: `who ${end.title} is` })
  return undefined
}

/** Shared, because it is on the path of every flow. */
export const noNames: Names = { domains: [], aliases: [] }

const namesOf = ({ domains, aliases }: FlowEnd): Names =>
  domains || aliases ? { domains: domains ?? noNames.domains, aliases: aliases ?? noNames.aliases } : noNames

/** An end that still lacks its address. */
type Draft = (address: Address | undefined) => End

function hostEnd(host: HostEndpoint, lookup: Lookup, names: Names): Draft {
  return (address) => ({
    kind: 'host',
    host,
    known: lookup.hostLabelsOf(host),
    ports: host.ports,
    names,
    title: `host endpoint ${host.name}`,
    ...(address && { address }),
  })
}

function nodeEnd(name: string, lookup: Lookup, names: Names): Draft {
  const host = lookup.hostEndpointOfNode(name)
  if (host) return hostEnd(host, lookup, names)
  const node = lookup.node(name) ?? { name, labels: new Map(), addresses: [] }
  return (address) => ({ kind: 'node', node, names, title: `node ${name}`, ...(address && { address }) })
}

function podEnd(pod: Pod, lookup: Lookup, names: Names): Draft {
  if (pod.hostNetwork && pod.node !== undefined) return nodeEnd(pod.node, lookup, names)
  const { known, title } = lookup.cardOf(pod)
  const end = { kind: 'pod', pod, known, ports: pod.ports, names, title } as const
  return (address) => (address ? { ...end, address } : end)
}

function missingEnd(title: string, names: Names, known?: KnownLabels): Draft {
  return (address) => ({ kind: 'missing', names, title, ...(address && { address }), ...(known && { known }) })
}

/** Somebody at an address that no object states. */
function nobodyAt(address: Address, { options }: Lookup, names: Names): Draft {
  const title = printAddress(address)
  if (isPodAddress(address, options)) return missingEnd(`the pod at ${title}`, names)
  return () => ({ kind: 'outside', address, names, title })
}

function endAt(address: Address, lookup: Lookup, names: Names): Draft {
  const pod = lookup.podAt(address)
  if (pod) return podEnd(pod, lookup, names)
  const host = lookup.hostEndpointAt(address)
  if (host) return hostEnd(host, lookup, names)
  const node = lookup.nodeAt(address)
  return node ? nodeEnd(node.name, lookup, names) : nobodyAt(address, lookup, names)
}

function draftEnd(end: FlowEnd, lookup: Lookup): Draft {
  const names = namesOf(end)
  if (end.pod !== undefined) {
    const pod = lookup.pod(end.pod)
    if (pod) return podEnd(pod, lookup, names)
    return missingEnd(`pod ${end.pod}`, names, lookup.labelsOfVanished(end.pod.split('/', 1)[0] ?? ''))
  }
  if (end.hostEndpoint !== undefined) {
    const host = lookup.hostEndpoint(end.hostEndpoint)
    return host ? hostEnd(host, lookup, names) : missingEnd(`host endpoint ${end.hostEndpoint}`, names)
  }
  if (end.node !== undefined) return nodeEnd(end.node, lookup, names)
  if (end.unnamed !== undefined) return missingEnd(end.unnamed, names)
  if (!end.address) return missingEnd('an end without name and address', names)
  return end.isNobodys ? nobodyAt(end.address, lookup, names) : endAt(end.address, lookup, names)
}

function ownAddresses(end: End): readonly Address[] {
  if (end.kind === 'pod') return end.pod.addresses
  if (end.kind === 'host') return end.host.expectedAddresses
  return end.kind === 'node' ? end.node.addresses : []
}

/** The first of the destination's families that the source has too. */
function sharedFamily(from: readonly Address[], to: readonly Address[]): 4 | 6 | undefined {
  for (const { family } of to) for (const other of from) if (other.family === family) return family
  return (to[0] ?? from[0])?.family
}

/** The family both ends can speak: a stated address decides, else the first that both have. */
function familyOf(flow: Flow, source: End, destination: End): 4 | 6 | undefined {
  const stated = flow.destination.address ?? flow.source.address
  return stated ? stated.family : sharedFamily(ownAddresses(source), ownAddresses(destination))
}

function ownAddress(end: End, family: 4 | 6 | undefined): Address | undefined {
  for (const own of ownAddresses(end)) if (own.family === family) return own
  return undefined
}

/** A pod named, with the address that is stated or the one that it has: most ends of most flows. */
function plainPod(end: FlowEnd, lookup: Lookup): (End & { readonly kind: 'pod' }) | undefined {
  if (end.pod === undefined || end.domains || end.aliases) return undefined
  const pod = lookup.pod(end.pod)
  if (!pod || pod.hostNetwork) return undefined
  const address = end.address ?? (pod.addresses.length === 1 ? pod.addresses[0] : undefined)
  if (!address) return undefined
  const { known, title } = lookup.cardOf(pod)
  return { kind: 'pod', pod, known, ports: pod.ports, names: noNames, title, address }
}

/** Resolves both ends. Addresses that the flow does not state are taken from the endpoint, in the flow's family. */
export function resolveEnds(flow: Flow, lookup: Lookup): Ends {
  // Fast path: two pods that can only speak one way.
  const from = plainPod(flow.source, lookup)
  const to = from && plainPod(flow.destination, lookup)
  if (from?.address && to?.address && from.address.family === to.address.family)
    return { source: from, destination: to, family: to.address.family }
  const [draftSource, draftDestination] = [draftEnd(flow.source, lookup), draftEnd(flow.destination, lookup)]
  const source = draftSource(flow.source.address)
  const destination = draftDestination(flow.destination.address)
  const family = familyOf(flow, source, destination)
  const complete = (end: End, draft: Draft) => (end.address ? end : draft(ownAddress(end, family)))
  return { source: complete(source, draftSource), destination: complete(destination, draftDestination), family }
}

// Who the two ends of a flow are. A pod that the snapshot does not hold is `missing`, never "outside": outside addresses
// match no selector, and to say that of a pod would be a guess. A node is the host endpoint that stands at its address; where
// it cannot be told which, it stays a node that may be each of them.
import type { Address } from '../net/address.ts'
import { printAddress } from '../net/address.ts'
import type { Names } from '../objects/domains.ts'
import type { HostEndpoint, NamedPort, Node, Pod } from '../objects/snapshot.ts'
import type { Answer, Miss } from './answer.ts'
import type { Flow, FlowEnd } from './flow.ts'
import { standingAt } from './interfaces.ts'
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
    | {
        readonly kind: 'node'
        readonly node: Node
        /** Host endpoints that may stand for it, where more than one may; undefined for none. */
        readonly mayBe?: readonly (HostEndpoint | undefined)[]
      }
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
interface Draft {
  /** Addresses that it is known to have. */
  readonly own: readonly Address[]
  readonly at: (address: Address | undefined) => End
}

/** What a host endpoint is as the end of a flow. */
export function hostEndAt(
  host: HostEndpoint,
  lookup: Lookup,
  names: Names,
  address: Address | undefined,
): End & { readonly kind: 'host' } {
  const { name, ports } = host
  const known = lookup.hostLabelsOf(host)
  return { kind: 'host', host, known, ports, names, title: `host endpoint ${name}`, ...(address && { address }) }
}

const hostEnd = (host: HostEndpoint, lookup: Lookup, names: Names): Draft => ({
  own: host.expectedAddresses,
  at: (address) => hostEndAt(host, lookup, names, address),
})

function nodeEnd(name: string, lookup: Lookup, names: Names): Draft {
  const hosts = lookup.hostEndpointsOf(name)
  const node = lookup.node(name) ?? { name, labels: new Map(), addresses: [] }
  const own = [...node.addresses, ...hosts.flatMap(({ expectedAddresses }) => expectedAddresses)]
  const at = (address: Address | undefined): End => {
    const mayBe = standingAt(address, hosts)
    const [only] = mayBe
    if (mayBe.length === 1 && only) return hostEndAt(only, lookup, names, address)
    const isUnsure = mayBe.length > 1
    return {
      kind: 'node',
      node,
      names,
      title: `node ${name}`,
      ...(address && { address }),
      ...(isUnsure && { mayBe }),
    }
  }
  return { own, at }
}

function podEnd(pod: Pod, lookup: Lookup, names: Names): Draft {
  if (pod.hostNetwork && pod.node !== undefined) return nodeEnd(pod.node, lookup, names)
  const { known, title } = lookup.cardOf(pod)
  const end = { kind: 'pod', pod, known, ports: pod.ports, names, title } as const
  return { own: pod.addresses, at: (address) => (address ? { ...end, address } : end) }
}

function missingEnd(title: string, names: Names, known?: KnownLabels): Draft {
  const end = { kind: 'missing', names, title, ...(known && { known }) } as const
  return { own: [], at: (address) => (address ? { ...end, address } : end) }
}

/** Somebody at an address that no object states. */
function nobodyAt(address: Address, { options }: Lookup, names: Names): Draft {
  const title = printAddress(address)
  if (isPodAddress(address, options)) return missingEnd(`the pod at ${title}`, names)
  return { own: [], at: () => ({ kind: 'outside', address, names, title }) }
}

function endAt(address: Address, lookup: Lookup, names: Names): Draft {
  const pod = lookup.podAt(address)
  if (pod) return podEnd(pod, lookup, names)
  const node = lookup.nodeAt(address)
  if (node) return nodeEnd(node.name, lookup, names)
  const [name, ...others] = new Set(lookup.hostEndpointsAt(address).map((host) => host.node))
  if (name === undefined) return nobodyAt(address, lookup, names)
  return others.length > 0 ? missingEnd(`the node at ${printAddress(address)}`, names) : nodeEnd(name, lookup, names)
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

/** The first of the destination's families that the source has too. */
function sharedFamily(from: readonly Address[], to: readonly Address[]): 4 | 6 | undefined {
  for (const { family } of to) for (const other of from) if (other.family === family) return family
  return (to[0] ?? from[0])?.family
}

/** The family both ends can speak: a stated address decides, else the first that both have. */
function familyOf(flow: Flow, source: Draft, destination: Draft): 4 | 6 | undefined {
  const stated = flow.destination.address ?? flow.source.address
  return stated ? stated.family : sharedFamily(source.own, destination.own)
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
  const [source, destination] = [draftEnd(flow.source, lookup), draftEnd(flow.destination, lookup)]
  const family = familyOf(flow, source, destination)
  const complete = ({ own, at }: Draft, { address }: FlowEnd) => at(address ?? own.find((one) => one.family === family))
  return { source: complete(source, flow.source), destination: complete(destination, flow.destination), family }
}

// Places of services: a service's own address that was dialled, where nobody saw to which of its endpoints the node translated
// it. Nodes translate before any policy sees a packet, so that policy is asked about the endpoints and never about the
// address. Endpoints that are alike to every policy are asked about once.
import type { FlowEnd } from '@margay/policy'
import { parseAddress } from '@margay/policy'
import type { Endpoint } from '../inventory/endpoint.ts'
import type { AddressClasses } from './address-classes.ts'
import type { KnownAddresses } from './known-addresses.ts'
import type { Place } from './places.ts'

/** Whoever may have been meant. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly ip: string
  /** The port as it is there. */
  readonly port: number
}

export interface ServiceCandidates {
  /** `shop/db`. */
  readonly service: string
  /** Empty where nobody knows who stands there. */
  readonly all: readonly Candidate[]
  /** The node where the source is a host: it always reaches its own pods. */
  readonly hostNode: string | undefined
}

/** The ends of a service's place, of which one was meant. */
export interface ServiceEnds {
  readonly service: string
  readonly each: readonly { readonly end: FlowEnd; readonly port?: number }[]
}

export interface ServicePlaceDeps {
  readonly classes: AddressClasses
  readonly known: KnownAddresses
  readonly peer: (endpoint: Endpoint, ip: string) => Place
  readonly keep: (key: string, ends: ServiceEnds) => Place
}

/** Unlike endpoints about which policies are asked one by one; of more nobody says anything in particular. */
const maxUnlike = 64

export function createServicePlaces({ classes, known, peer, keep }: ServicePlaceDeps) {
  /** Equal for pods of one template whose addresses no rule tells apart, as seen from a node. */
  const kindOf = ({ endpoint, ip, port }: Candidate, hostNode: string | undefined): string => {
    const address = parseAddress(ip)
    if (endpoint.type !== 'wep' || !address) return `${ip} ${port}`
    const { namespace, nameAggr, labels, node } = endpoint
    const isAtHost = hostNode !== undefined && node === hostNode
    return [namespace, nameAggr, labels.join(), classes.finest(address).name, known.of(ip), port, isAtHost].join(' ')
  }
  return ({ service, all, hostNode }: ServiceCandidates): Place => {
    const unlike = new Map<string, Candidate>()
    for (const one of all) {
      const kind = kindOf(one, hostNode)
      if (!unlike.has(kind)) unlike.set(kind, one)
    }
    if (unlike.size === 0 || unlike.size > maxUnlike)
      return keep(`service ${service}`, { service, each: [{ end: { unnamed: `an endpoint of ${service}` } }] })
    const each = [...unlike.values()].map(({ endpoint, ip, port }) => ({ place: peer(endpoint, ip), port }))
    const key = each.map(({ place, port }) => `${place.id}:${port}`).sort()
    return keep(`service ${service} ${key.join(' ')}`, {
      service,
      each: each.map(({ place, port }) => ({ end: place.end, port })),
    })
  }
}

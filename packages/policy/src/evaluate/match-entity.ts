// Whether one end of a flow satisfies one side of a rule: the text of Calico's and Cilium's documents, condition by
// condition. This is the reference; the index compiles the same conditions and is held against it.
import { contains, type Address, type Cidr } from '../net/address.ts'
import type { Entity, EntityClass, PortMatch, Rule, ServiceRef } from '../objects/policy.ts'
import { protocolNumbers } from '../objects/ports.ts'
import { namespacePrefix } from '../objects/scope.ts'
import type { NetworkSet } from '../objects/snapshot.ts'
import type { Selector } from '../selector/ast.ts'
import { allOf, anyOf, type Answer, type Condition, type Miss, negate } from './answer.ts'
import { type End, isOutside } from './ends.ts'
import type { Flow, MissingFact } from './flow.ts'
import { isHost, matchesHost, ownsHostPort } from './host-labels.ts'
import { judgeSelector } from './labels.ts'
import type { Lookup } from './lookup.ts'
import { inDomains } from './match-domains.ts'

/** What a condition is asked about. */
export interface Side {
  readonly end: End
  readonly port: number | undefined
  readonly isDestination: boolean
}

const { tcp = 6, udp = 17, sctp = 132 } = protocolNumbers

/** Protocols whose packets carry ports. */
export const carriesPorts = (protocol: number) => protocol === tcp || protocol === udp || protocol === sctp

/** Which labels nobody knows: the pod's own, or those that it would inherit. */
export function missingLabels(end: End): MissingFact {
  if (end.kind !== 'pod') return { kind: 'endpoint', text: `labels of ${end.title}` }
  const { namespace, serviceAccount } = end.pod
  const isNamespace = end.known.unknownPrefixes.includes(namespacePrefix)
  if (isNamespace) return { kind: 'labels', text: `labels of namespace ${namespace}` }
  if (serviceAccount === undefined) return { kind: 'labels', text: `service account of ${end.title}` }
  return { kind: 'labels', text: `labels of service account ${namespace}/${serviceAccount}` }
}

function endMatches(selector: Selector, end: End, lookup: Lookup, miss: Miss): Answer {
  if (end.kind === 'outside') return false
  if (end.kind === 'host' || end.kind === 'node') return matchesHost(selector, end, lookup, miss)
  const answer = end.known ? judgeSelector(selector, end.known) : undefined
  if (answer === undefined) miss(missingLabels(end))
  return answer
}

function inSets(selector: Selector, end: End, lookup: Lookup, honorsNames: boolean, miss: Miss): Answer {
  const byBlock = end.address ? lookup.setsHolding(end.address) : []
  const judgeSet = (set: NetworkSet) => judgeSelector(selector, lookup.setLabels(set))
  const noteNamespace = (set: NetworkSet): Answer => {
    miss({ kind: 'labels', text: `labels of namespace ${set.namespace}` })
    return undefined
  }
  return anyOf(
    [
      ...byBlock.map(
        (set): Condition =>
          () =>
            judgeSet(set) ?? noteNamespace(set),
      ),
      ...(honorsNames ? lookup.setsWithDomains : []).map((set): Condition => (note) => {
        const matches = judgeSet(set)
        return matches ? inDomains(set.domains, end, lookup, note) : (matches ?? noteNamespace(set))
      }),
    ],
    miss,
  )
}

/** By address: an endpoint whose labels match has it, or a network set whose labels match holds it. */
function isSelected(selector: Selector, end: End, lookup: Lookup, honorsNames: boolean, miss: Miss): Answer {
  return anyOf(
    [(note) => endMatches(selector, end, lookup, note), (note) => inSets(selector, end, lookup, honorsNames, note)],
    miss,
  )
}

function needAddress(end: End, miss: Miss): Address | undefined {
  if (!end.address) miss({ kind: 'address', text: `address of ${end.title}` })
  return end.address
}

/** Lists with no block of the flow's family make the rule one for the other family: it never matches. */
function inNets(nets: readonly Cidr[], end: End, miss: Miss): Answer {
  const address = needAddress(end, miss)
  return address && nets.some((net) => contains(net, address))
}

/** Here too: Felix leaves a rule out for a family in which one of its lists is empty. */
function outsideNets(nets: readonly Cidr[], end: End, miss: Miss): Answer {
  const address = needAddress(end, miss)
  if (!address) return undefined
  return nets.some((net) => net.family === address.family) && !nets.some((net) => contains(net, address))
}

function isApiServer(end: End, lookup: Lookup, miss: Miss): Answer {
  if (lookup.options.apiServers.length === 0) {
    miss({ kind: 'address', text: 'addresses of the API server' })
    return undefined
  }
  const address = needAddress(end, miss)
  return (
    address &&
    lookup.options.apiServers.some((server) => contains({ ...server, bits: server.words.length * 32 }, address))
  )
}

/** Whether the end is the node on which the other end, a pod, runs. */
function isNodeOf(end: End, other: End, miss: Miss): Answer {
  if (end.kind === 'missing') {
    miss({ kind: 'endpoint', text: `who ${end.title} is` })
    return undefined
  }
  const node = end.kind === 'node' ? end.node.name : end.kind === 'host' ? end.host.node : undefined
  if (node === undefined) return false
  if (other.kind !== 'pod') return false
  if (other.pod.node !== undefined) return other.pod.node === node
  miss({ kind: 'endpoint', text: `node of ${other.title}` })
  return undefined
}

function inClass(entity: EntityClass, end: End, other: End, lookup: Lookup, miss: Miss): Answer {
  switch (entity) {
    case 'all':
      return true
    case 'none':
      return false
    case 'world':
      return isOutside(end, miss)
    case 'world-ipv4':
    case 'world-ipv6':
      return allOf(
        [(note) => isOutside(end, note), () => end.address?.family === (entity === 'world-ipv4' ? 4 : 6)],
        miss,
      )
    case 'cluster':
      return negate(isOutside(end, miss))
    case 'host':
      return isNodeOf(end, other, miss)
    case 'remote-node':
      return isHost(end)
        ? negate(isNodeOf(end, other, miss))
        : end.kind === 'missing'
          ? isNodeOf(end, other, miss)
          : false
    case 'kube-apiserver':
      return isApiServer(end, lookup, miss)
  }
}

function inService(service: ServiceRef, side: Side, protocol: number, lookup: Lookup, miss: Miss): Answer {
  const slices = lookup.service(service.namespace, service.name)
  if (!slices) {
    miss({ kind: 'service', text: `endpoints of service ${service.namespace}/${service.name}` })
    return undefined
  }
  const address = needAddress(side.end, miss)
  if (!address) return undefined
  const holds = (held: Address) => contains({ ...held, bits: held.words.length * 32 }, address)
  return slices.some(
    (slice) =>
      slice.addresses.some(holds) &&
      (!side.isDestination || slice.ports.some((port) => port.protocol === protocol && port.port === side.port)),
  )
}

/** A name stands for protocol and number together, as the endpoint's own port list pairs them. */
function atNamedPort(
  name: string,
  { end, port }: Side,
  { protocol }: Flow,
  selector: Selector | undefined,
  lookup: Lookup,
  miss: Miss,
): Answer {
  if (end.kind === 'missing') {
    miss({ kind: 'endpoint', text: `port names of ${end.title}` })
    return undefined
  }
  if (isHost(end)) return ownsHostPort({ name, protocol, port }, end, lookup, selector, miss)
  if (end.kind !== 'pod') return false
  if (!end.ports) {
    miss({ kind: 'port', text: `port names of ${end.title}` })
    return undefined
  }
  const owns = end.ports.some((own) => own.name === name && own.protocol === protocol && own.port === port)
  return owns && (selector ? judgeSelector(selector, end.known) : true)
}

/** Whether any of the ports is the flow's; numbers and names are alternatives. */
function atPorts(
  ports: readonly PortMatch[],
  side: Side,
  flow: Flow,
  entity: Entity,
  lookup: Lookup,
  miss: Miss,
): Answer {
  if (!carriesPorts(flow.protocol)) return false
  const { port } = side
  if (port === undefined) {
    miss({ kind: 'port', text: `${side.isDestination ? 'destination' : 'source'} port of the flow` })
    return undefined
  }
  return anyOf(
    ports.map(
      (want): Condition =>
        (note) =>
          'name' in want
            ? atNamedPort(want.name, side, flow, entity.selector, lookup, note)
            : want.from <= port && port <= want.to,
    ),
    miss,
  )
}

/** Whether the end is what the entity demands. */
export function matchEntity(rule: Rule, flow: Flow, side: Side, other: End, lookup: Lookup, miss: Miss): Answer {
  const entity = side.isDestination ? rule.destination : rule.source
  const { selector, notSelector, nets, notNets, classes, services, domains, ports, notPorts } = entity
  const { end } = side
  // Names of network sets are for rules that let traffic out, and neither deny nor admit anybody (Calico, NetworkSet).
  const honorsNames = side.isDestination && rule.action === 'allow'
  const conditions: Condition[] = []
  if (ports) conditions.push((note) => atPorts(ports, side, flow, entity, lookup, note))
  if (notPorts) conditions.push((note) => negate(atPorts(notPorts, side, flow, entity, lookup, note)))
  if (nets) conditions.push((note) => inNets(nets, end, note))
  if (notNets) conditions.push((note) => outsideNets(notNets, end, note))
  if (entity.netsAreOutside) conditions.push((note) => isOutside(end, note))
  if (classes)
    conditions.push((note) =>
      anyOf(
        classes.map((each) => (inner) => inClass(each, end, other, lookup, inner)),
        note,
      ),
    )
  if (selector) conditions.push((note) => isSelected(selector, end, lookup, honorsNames, note))
  if (notSelector) conditions.push((note) => negate(isSelected(notSelector, end, lookup, honorsNames, note)))
  if (services) conditions.push((note) => inService(services, side, flow.protocol, lookup, note))
  if (domains) conditions.push((note) => inDomains(domains, end, lookup, note))
  return allOf(conditions, miss)
}

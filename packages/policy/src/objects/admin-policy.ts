// The cluster administrator's kinds of policy.networking.k8s.io: AdminNetworkPolicy and BaselineAdminNetworkPolicy
// (v1alpha1) and ClusterNetworkPolicy (v1alpha2), as Calico reads them. What a version cannot express fails closed: an
// allowing rule with such a part is dropped, a denying or passing one denies everything. They isolate nobody.
import { parseCidr } from '../net/address.ts'
import { all, type Selector } from '../selector/ast.ts'
import { readLabelSelector } from '../selector/kubernetes.ts'
import { readMeta } from './meta.ts'
import {
  child,
  fail,
  isPresent,
  isRecord,
  type Place,
  readList,
  readObject,
  readText,
  readTexts,
  readWhole,
  readWord,
  required,
} from './place.ts'
import {
  anyEnd,
  type Direction,
  type Entity,
  type Policy,
  type PortMatch,
  type Rule,
  type RuleAction,
} from './policy.ts'
import { groupPorts, type PortGroup, protocolNumbers, readProtocol } from './ports.ts'
import { podsWhere } from './scope.ts'

type AdminKind = 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy'

const mostRules = 100
const highestPriority = 1000

const actions: Record<AdminKind, Readonly<Record<string, RuleAction>>> = {
  AdminNetworkPolicy: { Allow: 'allow', Deny: 'deny', Pass: 'pass' },
  BaselineAdminNetworkPolicy: { Allow: 'allow', Deny: 'deny' },
  ClusterNetworkPolicy: { Accept: 'allow', Deny: 'deny', Pass: 'pass' },
}

function readPods(place: Place): Selector | undefined {
  const object = readObject(place, ['namespaceSelector', 'podSelector'])
  if (!object) return undefined
  const namespaces = isPresent(child(object, 'namespaceSelector'))
    ? readLabelSelector(child(object, 'namespaceSelector'))
    : all
  const pods = isPresent(child(object, 'podSelector')) ? readLabelSelector(child(object, 'podSelector')) : all
  return namespaces && pods && podsWhere(pods, namespaces)
}

function readNamespaces(place: Place): Selector | undefined {
  const namespaces = readLabelSelector(place)
  return namespaces && podsWhere(all, namespaces)
}

function readSubject(place: Place): Selector | undefined {
  const object = readObject(place, ['namespaces', 'pods'])
  if (!object) return undefined
  if (isPresent(child(object, 'namespaces'))) return readNamespaces(child(object, 'namespaces'))
  if (isPresent(child(object, 'pods'))) return readPods(child(object, 'pods'))
  return fail(place, 'want namespaces or pods')
}

function readNetworks(place: Place): Entity | undefined {
  const texts = readTexts(place) ?? []
  const nets = texts.map(parseCidr)
  if (nets.includes(undefined)) return fail(place, `want blocks such as 10.0.0.0/8, got ${texts.join(', ')}`)
  return { nets: nets.flatMap((net) => net ?? []) }
}

/** A peer, or undefined when it cannot be expressed (and is reported). */
function readPeer(place: Place, direction: Direction): Entity | undefined {
  const object = readObject(place)
  if (!object || !isRecord(object.value)) return fail(place, 'want an object with one kind of peer')
  const keys = Object.keys(object.value)
  const allowed = direction === 'egress' ? ['namespaces', 'pods', 'networks'] : ['namespaces', 'pods']
  const [key] = keys
  if (keys.length !== 1 || key === undefined || !allowed.includes(key))
    return fail(place, `want exactly one of ${allowed.join(', ')}, got ${keys.join(', ') || 'nothing'}`)
  const at = child(object, key)
  if (key === 'networks') return readNetworks(at)
  const selector = key === 'pods' ? readPods(at) : readNamespaces(at)
  return selector && { selector }
}

interface ProtocolPort {
  readonly protocol: number | null
  readonly port?: PortMatch
}

function readRange(place: Place): PortMatch | undefined {
  const from = required(child(place, 'start'), (at) => readWhole(at, 1, 65535))
  const to = required(child(place, 'end'), (at) => readWhole(at, 1, 65535))
  return from === undefined || to === undefined ? undefined : { from, to }
}

const readProtocolOrTcp = (place: Place) => (isPresent(place) ? readProtocol(place) : protocolNumbers.tcp)

/** `portNumber`, `portRange` or `namedPort` of v1alpha1. */
function readAlphaOnePort(place: Place): ProtocolPort | undefined {
  const object = readObject(place, ['portNumber', 'portRange', 'namedPort'])
  if (!object) return fail(place, 'want an object with portNumber, portRange or namedPort')
  const name = readText(child(object, 'namedPort'))
  if (name !== undefined) return { protocol: null, port: { name } }
  const number = readObject(child(object, 'portNumber'), ['protocol', 'port'])
  const range = readObject(child(object, 'portRange'), ['protocol', 'start', 'end'])
  const holder = number ?? range
  if (!holder) return fail(place, 'want portNumber, portRange or namedPort')
  const protocol = readProtocolOrTcp(child(holder, 'protocol'))
  const single = number && required(child(number, 'port'), (at) => readWhole(at, 1, 65535))
  const port = range ? readRange(range) : single === undefined ? undefined : { from: single, to: single }
  return protocol === undefined || !port ? undefined : { protocol, port }
}

/** `tcp`, `udp`, `sctp` with their destination port, or `destinationNamedPort`, of v1alpha2. */
function readAlphaTwoProtocol(place: Place): ProtocolPort | undefined {
  const object = readObject(place, ['tcp', 'udp', 'sctp', 'destinationNamedPort'])
  if (!object) return fail(place, 'want an object with tcp, udp, sctp or destinationNamedPort')
  const name = readText(child(object, 'destinationNamedPort'))
  if (name !== undefined) return { protocol: null, port: { name } }
  const word = (['tcp', 'udp', 'sctp'] as const).find((key) => isPresent(child(object, key)))
  if (!word) return fail(place, 'want tcp, udp, sctp or destinationNamedPort')
  const protocol = protocolNumbers[word] ?? null
  const portPlace = readObject(child(child(object, word), 'destinationPort'), ['number', 'range'])
  if (!portPlace) return { protocol }
  const range = readObject(child(portPlace, 'range'), ['start', 'end'])
  const single = readWhole(child(portPlace, 'number'), 1, 65535)
  const port = range ? readRange(range) : single === undefined ? undefined : { from: single, to: single }
  return port ? { protocol, port } : fail(portPlace, 'want number or range')
}

function readGroups(rule: Place, kind: AdminKind): readonly PortGroup[] | undefined {
  const isTwo = kind === 'ClusterNetworkPolicy'
  const entries = readList(child(rule, isTwo ? 'protocols' : 'ports'), mostRules) ?? []
  if (entries.length === 0) return [{ protocol: null }]
  const ports = entries.map(isTwo ? readAlphaTwoProtocol : readAlphaOnePort)
  return ports.includes(undefined) ? undefined : groupPorts(ports.flatMap((port) => port ?? []))
}

function readPeers(place: Place, direction: Direction): readonly Entity[] | undefined {
  const entries = required(place, (at) => readList(at, mostRules))
  if (!entries) return undefined
  if (entries.length === 0) return fail(place, 'want at least one peer')
  const peers = entries.map((entry) => readPeer(entry, direction))
  return peers.includes(undefined) ? undefined : peers.flatMap((peer) => peer ?? [])
}

function readRule(place: Place, kind: AdminKind, direction: Direction, number: number): readonly Rule[] {
  const key = direction === 'ingress' ? 'from' : 'to'
  const object = readObject(place, ['name', 'action', key, kind === 'ClusterNetworkPolicy' ? 'protocols' : 'ports'])
  if (!object) return []
  const word = required(child(object, 'action'), (at) => readWord(at, Object.keys(actions[kind])))
  const action = word === undefined ? undefined : actions[kind][word]
  if (!action) return []
  const name = readText(child(object, 'name'))
  const origin = `${direction}[${number}]`
  const peers = readPeers(child(object, key), direction)
  const groups = readGroups(object, kind)
  if (!peers || !groups) return failClosed(action, origin, number)
  return groups.flatMap(({ protocol, ports }) =>
    peers.map((entity, index): Rule => {
      const base = { action, origin: `${origin}.${key}[${index}]`, number, ...(name !== undefined && { name }) }
      const withProtocol = { ...base, ...(protocol !== null && { protocols: [protocol] }) }
      const atPorts: Entity = ports ? { ports } : anyEnd
      return direction === 'ingress'
        ? { ...withProtocol, source: entity, destination: atPorts }
        : { ...withProtocol, source: anyEnd, destination: { ...entity, ...atPorts } }
    }),
  )
}

function failClosed(action: RuleAction, origin: string, number: number): readonly Rule[] {
  return action === 'allow' ? [] : [{ action: 'deny', origin, number, source: anyEnd, destination: anyEnd }]
}

function readTier(spec: Place, kind: AdminKind): string | undefined {
  if (kind === 'AdminNetworkPolicy') return 'adminnetworkpolicy'
  if (kind === 'BaselineAdminNetworkPolicy') return 'baselineadminnetworkpolicy'
  const tier = required(child(spec, 'tier'), (at) => readWord(at, ['Admin', 'Baseline']))
  return tier && (tier === 'Admin' ? 'kube-admin' : 'kube-baseline')
}

function readOrder(spec: Place, kind: AdminKind): number | undefined {
  if (kind === 'BaselineAdminNetworkPolicy') return 0
  return required(child(spec, 'priority'), (at) => readWhole(at, 0, highestPriority))
}

/** Reads any of the three; undefined when the object as a whole is malformed, which the kinds' owners ignore too. */
export function readAdminPolicy(root: Place, kind: AdminKind): Policy | undefined {
  const meta = readMeta(root)
  const spec = required(child(root, 'spec'), (at) =>
    readObject(at, ['tier', 'priority', 'subject', 'ingress', 'egress']),
  )
  if (!meta || !spec || !isRecord(root.value)) return undefined
  const tier = readTier(spec, kind)
  const order = readOrder(spec, kind)
  const subject = required(child(spec, 'subject'), readSubject)
  if (tier === undefined || order === undefined || !subject) return undefined
  const rules = (direction: Direction) =>
    (readList(child(spec, direction), mostRules) ?? []).flatMap((at, number) => readRule(at, kind, direction, number))
  const covers = (direction: Direction) => (readList(child(spec, direction))?.length ?? 0) > 0
  return {
    kind,
    name: meta.name,
    staged: false,
    tier,
    order,
    subject,
    ...(covers('ingress') && { ingress: rules('ingress') }),
    ...(covers('egress') && { egress: rules('egress') }),
    isolates: { ingress: true, egress: true },
    stage: 'normal',
    applyOnForward: false,
    source: root.value,
  }
}

// NetworkPolicy of networking.k8s.io/v1, and Calico's staged form of it. Everything it says allows; isolation comes from
// the end of the tier. A rule that is wrong is dropped and reported, the others are kept, as Calico and the API do.
import { parseCidr } from '../net/address.ts'
import { all, and, type Selector } from '../selector/ast.ts'
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
  readWord,
  required,
  unknownMembers,
} from './place.ts'
import { anyEnd, type Direction, type Entity, type Policy, type Rule } from './policy.ts'
import { groupPorts, type PortGroup, readKubernetesPort } from './ports.ts'
import { inNamespace, isPod, podsWhere } from './scope.ts'

/** Order that Calico gives every NetworkPolicy within the default tier. */
export const kubernetesOrder = 1000

function readBlock(place: Place): Entity | undefined {
  const object = readObject(place, ['cidr', 'except'])
  if (!object) return undefined
  const text = required(child(object, 'cidr'), readText)
  const cidr = text === undefined ? undefined : parseCidr(text)
  if (!cidr)
    return text === undefined
      ? undefined
      : fail(child(object, 'cidr'), `want a block such as 10.0.0.0/8, got "${text}"`)
  const texts = readTexts(child(object, 'except')) ?? []
  const except = texts.map(parseCidr)
  if (except.includes(undefined))
    return fail(child(object, 'except'), `want blocks such as 10.1.0.0/16, got ${texts.join(', ')}`)
  return { nets: [cidr], ...(except.length > 0 && { notNets: except.flatMap((block) => block ?? []) }) }
}

const peerKeys = ['podSelector', 'namespaceSelector', 'ipBlock']

function readPeer(place: Place, namespace: string): Entity | undefined {
  const object = readObject(place, peerKeys)
  if (!object) return fail(place, 'want an object with podSelector, namespaceSelector or ipBlock')
  const [pods, namespaces, block] = ['podSelector', 'namespaceSelector', 'ipBlock'].map((key) => child(object, key))
  if (!pods || !namespaces || !block) throw new Error('BUG: three members make three places')
  if (isPresent(block)) {
    if (isPresent(pods) || isPresent(namespaces))
      return fail(block, 'ipBlock must not stand beside podSelector or namespaceSelector')
    return readBlock(block)
  }
  if (!isPresent(pods) && !isPresent(namespaces)) return fail(place, 'want podSelector, namespaceSelector or ipBlock')
  const podPart = isPresent(pods) ? readLabelSelector(pods) : all
  const namespacePart = isPresent(namespaces) ? readLabelSelector(namespaces) : undefined
  if (!podPart || (isPresent(namespaces) && !namespacePart)) return undefined
  const selector: Selector = namespacePart
    ? podsWhere(podPart, namespacePart)
    : and(isPod, inNamespace(namespace), podPart)
  return { selector }
}

interface PeerAt {
  readonly origin: string
  readonly entity: Entity
  /** What the peer demands besides, in members that nobody here knows. */
  readonly unknown: readonly string[]
}

/** The peers of a rule, or undefined when one is wrong. No list and an empty list both mean everybody. */
function readPeers(place: Place, namespace: string, origin: string, key: string): readonly PeerAt[] | undefined {
  const entries = readList(place) ?? []
  if (entries.length === 0) return [{ origin, entity: anyEnd, unknown: [] }]
  const peers = entries.map((entry, index): PeerAt | undefined => {
    const entity = readPeer(entry, namespace)
    const unknown = unknownMembers(entry, peerKeys).map((member) => `${key}.${member}`)
    return entity && { origin: `${origin}.${key}[${index}]`, entity, unknown }
  })
  return peers.includes(undefined) ? undefined : peers.flatMap((peer) => peer ?? [])
}

function readGroups(place: Place): readonly PortGroup[] | undefined {
  const entries = readList(place) ?? []
  if (entries.length === 0) return [{ protocol: null }]
  const ports = entries.map(readKubernetesPort)
  if (ports.includes(undefined)) return undefined
  return groupPorts(ports.flatMap((port) => port ?? []))
}

/** One rule per protocol and peer, numbered as Felix numbers them. */
function readRule(place: Place, namespace: string, direction: Direction, number: number): readonly Rule[] {
  const key = direction === 'ingress' ? 'from' : 'to'
  const object = readObject(place, [key, 'ports'])
  if (!object) return []
  const origin = `${direction}[${number}]`
  const peers = readPeers(child(object, key), namespace, origin, key)
  const groups = readGroups(child(object, 'ports'))
  if (!peers || !groups) return []
  return groups.flatMap(({ protocol, ports }) =>
    peers.map(({ origin, entity, unknown }): Rule => {
      const base = {
        action: 'allow',
        origin,
        number,
        ...(protocol !== null && { protocols: [protocol] }),
        ...(unknown.length > 0 && { unevaluated: unknown }),
      } as const
      const atPorts: Entity = ports ? { ports } : anyEnd
      return direction === 'ingress'
        ? { ...base, source: entity, destination: atPorts }
        : { ...base, source: anyEnd, destination: { ...entity, ...atPorts } }
    }),
  )
}

/** Undefined when a stated type is none: the API refuses such an object. */
function readDirections(spec: Place): ReadonlySet<Direction> | undefined {
  const entries = readList(child(spec, 'policyTypes')) ?? []
  const types = entries.map((entry) => readWord(entry, ['Ingress', 'Egress']))
  if (types.includes(undefined)) return undefined
  if (types.length > 0) return new Set(types.map((type) => (type === 'Ingress' ? 'ingress' : 'egress')))
  const hasEgress = (readList(child(spec, 'egress'))?.length ?? 0) > 0
  return new Set(hasEgress ? ['ingress', 'egress'] : ['ingress'])
}

function readRules(spec: Place, namespace: string, direction: Direction): readonly Rule[] {
  return (readList(child(spec, direction)) ?? []).flatMap((place, number) =>
    readRule(place, namespace, direction, number),
  )
}

const specKeys = ['podSelector', 'ingress', 'egress', 'policyTypes']
const stagedKeys = [...specKeys, 'stagedAction']

export const stagedActions = ['Set', 'Delete', 'Learn', 'Ignore'] as const

/** Reads the enforced or the staged kind. A staged deletion is nothing that could be evaluated: undefined. */
export function readKubernetesNetworkPolicy(root: Place, staged: boolean): Policy | undefined {
  const meta = readMeta(root)
  const spec = required(child(root, 'spec'), (place) => readObject(place, staged ? stagedKeys : specKeys))
  if (!meta || !spec || !isRecord(root.value)) return undefined
  const action = staged ? readWord(child(spec, 'stagedAction'), stagedActions) : undefined
  if (action === 'Delete') return undefined
  const namespace = meta.namespace ?? 'default'
  const subjectPlace = child(spec, 'podSelector')
  const subject = isPresent(subjectPlace) ? readLabelSelector(subjectPlace) : all
  const directions = readDirections(spec)
  if (!subject || !directions) return undefined
  return {
    kind: 'KubernetesNetworkPolicy',
    namespace,
    name: meta.name,
    staged,
    tier: 'default',
    order: kubernetesOrder,
    subject: and(isPod, inNamespace(namespace), subject),
    ...(directions.has('ingress') && { ingress: readRules(spec, namespace, 'ingress') }),
    ...(directions.has('egress') && { egress: readRules(spec, namespace, 'egress') }),
    isolates: { ingress: true, egress: true },
    stage: 'normal',
    applyOnForward: false,
    source: root.value,
  }
}

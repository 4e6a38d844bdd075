// CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2), from Cilium's documentation "Policy language" and
// "Layer 3 / Layer 4 policy": allow rules of all policies are a union, deny rules go before them, and a policy with rules
// in a direction isolates its endpoints there unless `enableDefaultDeny` says no. What stands here and is not evaluated
// (layer 7, services, groups, nodes, authentication) is named in the rule, and verdicts that depend on it are unknown.
import { parseCidr } from '../net/address.ts'
import { readLayer4, type Layer4 } from './cilium-ports.ts'
import { readCiliumSelector, readCiliumSubject } from './cilium-selector.ts'
import { foldDomain } from './domains.ts'
import { readMeta } from './meta.ts'
import {
  child,
  fail,
  isPresent,
  isRecord,
  type Place,
  readFlag,
  readList,
  readObject,
  readText,
  readTexts,
  readWord,
  required,
  warn,
} from './place.ts'
import {
  anyEnd,
  type Direction,
  type DomainPattern,
  type Entity,
  type EntityClass,
  type Policy,
  type Rule,
} from './policy.ts'

/** All policies of a Cilium cluster stand in one group; Calico's word for it keeps traces readable. */
export const ciliumTier = 'default'

const entityWords = [
  'all',
  'world',
  'world-ipv4',
  'world-ipv6',
  'cluster',
  'host',
  'remote-node',
  'kube-apiserver',
  'none',
  'init',
  'health',
  'unmanaged',
  'ingress',
] as const

interface Peers {
  readonly entities: readonly Entity[]
  readonly unevaluated: readonly string[]
}

function readSelectors(place: Place, namespace: string | undefined): Peers {
  const read = (readList(place) ?? []).flatMap((entry) => readCiliumSelector(entry, namespace) ?? [])
  return {
    entities: read.map(({ selector }) => ({ selector })),
    unevaluated: read.some((entry) => entry.isUnevaluated) ? ['reserved labels'] : [],
  }
}

const isClass = (word: string): word is EntityClass => !['init', 'health', 'unmanaged', 'ingress'].includes(word)

function readEntities(place: Place): Peers {
  const words = (readList(place) ?? []).flatMap((entry) => readWord(entry, entityWords) ?? [])
  const classes = words.filter(isClass)
  const others = words.filter((word) => !isClass(word))
  return {
    entities: words.length > 0 ? [{ classes }] : [],
    unevaluated: others.map((word) => `entity ${word}`),
  }
}

function readCidr(place: Place): Entity | undefined {
  const text = readText(place)
  const cidr = text === undefined ? undefined : parseCidr(text)
  if (!cidr) return text === undefined ? undefined : fail(place, `want a block such as 10.0.0.0/8, got "${text}"`)
  return { nets: [cidr], netsAreOutside: true }
}

function readCidrSet(place: Place): { readonly entity?: Entity; readonly unevaluated?: string } {
  const object = readObject(place, ['cidr', 'except', 'cidrGroupRef', 'cidrGroupSelector'])
  if (!object) return {}
  const group = ['cidrGroupRef', 'cidrGroupSelector'].find((key) => isPresent(child(object, key)))
  if (group) return { entity: anyEnd, unevaluated: group }
  const entity = required(child(object, 'cidr'), readCidr)
  const texts = readTexts(child(object, 'except')) ?? []
  const except = texts.flatMap(
    (text) => parseCidr(text) ?? fail(child(object, 'except'), `want blocks, got "${text}"`) ?? [],
  )
  return entity ? { entity: { ...entity, ...(except.length > 0 && { notNets: except }) } } : {}
}

function readCidrSets(place: Place): Peers {
  const read = (readList(place) ?? []).map(readCidrSet)
  return {
    entities: read.flatMap(({ entity }) => entity ?? []),
    unevaluated: read.flatMap(({ unevaluated }) => unevaluated ?? []),
  }
}

const namePattern = /^[-a-zA-Z0-9_.]*[-a-zA-Z0-9_]\.?$/
const wildPattern = /^[-a-zA-Z0-9_.*]+$/

function readFqdn(place: Place): DomainPattern | undefined {
  const object = readObject(place, ['matchName', 'matchPattern'])
  if (!object) return undefined
  const name = readText(child(object, 'matchName'))
  const pattern = readText(child(object, 'matchPattern'))
  if (name !== undefined)
    return namePattern.test(name)
      ? { text: foldDomain(name), dialect: 'cilium' }
      : fail(child(object, 'matchName'), `want a domain name, got "${name}"`)
  if (pattern === undefined) return fail(place, 'want matchName or matchPattern')
  return wildPattern.test(pattern)
    ? { text: foldDomain(pattern), dialect: 'cilium' }
    : fail(child(object, 'matchPattern'), `want a pattern such as *.example.com, got "${pattern}"`)
}

function readFqdns(place: Place): Peers {
  const domains = (readList(place) ?? []).flatMap((entry) => readFqdn(entry) ?? [])
  return { entities: domains.length > 0 ? [{ domains }] : [], unevaluated: [] }
}

const memberNames = {
  ingress: {
    read: ['fromEndpoints', 'fromEntities', 'fromCIDR', 'fromCIDRSet'],
    unread: ['fromGroups', 'fromNodes', 'fromRequires'],
  },
  egress: {
    read: ['toEndpoints', 'toEntities', 'toCIDR', 'toCIDRSet', 'toFQDNs'],
    unread: ['toGroups', 'toNodes', 'toRequires', 'toServices'],
  },
} as const

function readPeerMember(rule: Place, name: string, namespace: string | undefined): Peers {
  const place = child(rule, name)
  if (name.endsWith('Endpoints')) return readSelectors(place, namespace)
  if (name.endsWith('Entities')) return readEntities(place)
  if (name.endsWith('CIDR'))
    return { entities: (readList(place) ?? []).flatMap((entry) => readCidr(entry) ?? []), unevaluated: [] }
  if (name.endsWith('CIDRSet')) return readCidrSets(place)
  return readFqdns(place)
}

/** Peers as alternatives. No member at all means anybody; members that are empty lists mean nobody. */
function readPeers(rule: Place, direction: Direction, namespace: string | undefined): Peers {
  const { read, unread } = memberNames[direction]
  const named = read.filter((name) => isPresent(child(rule, name)))
  const others = unread.filter((name) => isPresent(child(rule, name)))
  for (const name of others) warn(child(rule, name), 'is not evaluated; verdicts that depend on it are unknown')
  const parts = named.map((name) => readPeerMember(rule, name, namespace))
  const isOpen = named.length === 0 || (others.length > 0 && parts.every((part) => part.entities.length === 0))
  return {
    entities: isOpen ? [anyEnd] : parts.flatMap((part) => part.entities),
    unevaluated: [...others, ...parts.flatMap((part) => part.unevaluated)],
  }
}

/** A rule that says nothing at all matches nothing: it is how Cilium's documents write "deny by default". */
function isEmptyRule(rule: Place, direction: Direction): boolean {
  const { read, unread } = memberNames[direction]
  return ![...read, ...unread, 'toPorts', 'icmps'].some((name) => isPresent(child(rule, name)))
}

function ruleFor(
  direction: Direction,
  action: 'allow' | 'deny',
  base: Pick<Rule, 'origin' | 'number'>,
  peer: Entity,
  layer: Layer4,
  extra: readonly string[],
): Rule {
  const { ports, protocols, icmp, ipVersion } = layer
  const atPorts: Entity = ports ? { ports } : anyEnd
  const unevaluated = [...extra, ...(layer.unevaluated ?? [])]
  return {
    ...base,
    action,
    ...(protocols && { protocols }),
    ...(icmp && { icmp }),
    ...(ipVersion && { ipVersion }),
    source: direction === 'ingress' ? peer : anyEnd,
    destination: direction === 'ingress' ? atPorts : { ...peer, ...atPorts },
    ...(unevaluated.length > 0 && { unevaluated }),
  }
}

function readRule(
  place: Place,
  direction: Direction,
  action: 'allow' | 'deny',
  namespace: string | undefined,
  number: number,
): readonly Rule[] {
  const { read, unread } = memberNames[direction]
  const object = readObject(place, [...read, ...unread, 'toPorts', 'icmps', 'authentication'])
  if (!object || isEmptyRule(object, direction)) return []
  const origin = `${direction}${action === 'deny' ? 'Deny' : ''}[${number}]`
  const peers = readPeers(object, direction, namespace)
  const extra = [...peers.unevaluated, ...(isPresent(child(object, 'authentication')) ? ['authentication'] : [])]
  const layers = readLayer4(object) ?? [{}]
  return layers.flatMap((layer) =>
    peers.entities.map((peer) => ruleFor(direction, action, { origin, number }, peer, layer, extra)),
  )
}

/** Deny rules first: within the group they go before every allow rule anyway. */
function readRules(spec: Place, direction: Direction, namespace: string | undefined): readonly Rule[] | undefined {
  const denies = readList(child(spec, `${direction}Deny`))
  const allows = readList(child(spec, direction))
  if (!denies && !allows) return undefined
  return [
    ...(denies ?? []).flatMap((place, number) => readRule(place, direction, 'deny', namespace, number)),
    ...(allows ?? []).flatMap((place, number) => readRule(place, direction, 'allow', namespace, number)),
  ]
}

const specKeys = [
  'endpointSelector',
  'nodeSelector',
  'ingress',
  'ingressDeny',
  'egress',
  'egressDeny',
  'labels',
  'enableDefaultDeny',
  'description',
  'log',
]

function readSpec(root: Place, place: Place, clusterwide: boolean, part: number): Policy | undefined {
  const meta = readMeta(root)
  const spec = readObject(place, specKeys)
  if (!meta || !spec || !isRecord(root.value)) return undefined
  if (isPresent(child(spec, 'nodeSelector'))) {
    warn(child(spec, 'nodeSelector'), 'policies for nodes are not evaluated; they do not concern pods')
    return undefined
  }
  const namespace = clusterwide ? undefined : (meta.namespace ?? 'default')
  const subject = required(child(spec, 'endpointSelector'), (at) => readCiliumSubject(at, namespace))
  if (!subject) return undefined
  const ingress = readRules(spec, 'ingress', namespace)
  const egress = readRules(spec, 'egress', namespace)
  const isolates = readObject(child(spec, 'enableDefaultDeny'), ['ingress', 'egress'])
  return {
    kind: clusterwide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    ...(namespace !== undefined && { namespace }),
    name: meta.name,
    ...(part > 0 && { part }),
    staged: false,
    tier: ciliumTier,
    order: Infinity,
    subject,
    ...(ingress && { ingress }),
    ...(egress && { egress }),
    isolates: {
      ingress: (isolates && readFlag(child(isolates, 'ingress'))) ?? true,
      egress: (isolates && readFlag(child(isolates, 'egress'))) ?? true,
    },
    stage: 'normal',
    applyOnForward: false,
    source: root.value,
  }
}

/** One policy for `spec` and one for each of `specs`. */
export function readCiliumPolicies(root: Place, clusterwide: boolean): readonly Policy[] {
  const places = [child(root, 'spec'), ...(readList(child(root, 'specs')) ?? [])].filter(isPresent)
  if (places.length === 0) fail(child(root, 'spec'), 'want spec or specs')
  return places.flatMap((place, part) => readSpec(root, place, clusterwide, part) ?? [])
}

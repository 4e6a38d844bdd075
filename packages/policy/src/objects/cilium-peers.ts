// Who the peers of a Cilium rule are: endpoints, entities, blocks and domains, as alternatives.
import { parseCidr } from '../net/address.ts'
import { readCiliumSelector } from './cilium-selector.ts'
import { foldDomain } from './domains.ts'
import {
  child,
  fail,
  isPresent,
  type Place,
  readList,
  readObject,
  readText,
  readTexts,
  readWord,
  required,
  warn,
} from './place.ts'
import { anyEnd, type Direction, type DomainPattern, type Entity, type EntityClass } from './policy.ts'

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

/** Alternatives for one end, and parts of them that are not evaluated. */
export interface Peers {
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

/** Members that name peers: those that are evaluated, and the others. */
export const memberNames = {
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
export function readPeers(rule: Place, direction: Direction, namespace: string | undefined): Peers {
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

// What is said of objects: whether policy covers an endpoint, what it carries, where its records are. Pure; marks are words
// and shapes, never a colour alone.
import { selectionFilter, vertexId } from '@margay/graph'
import { allOf, anyOf, fieldIs, literal, printKql, type Filter } from '@margay/query'
import type { Endpoint, NetworkSet, Node, PolicyRef } from '@margay/wire'
import { formatCount } from '../../format/number.ts'
import type { Tone } from '../../ui/Chip.tsx'

export interface Mark {
  readonly sign: string
  readonly words: string
  readonly tone: Tone
  /** A sentence for the tooltip. */
  readonly why: string
}

/** Whether enforced policies cover both directions. */
export function protectionOf({ protected: covered, hostNetwork }: Endpoint): Mark {
  const { ingress, egress } = covered
  if (ingress && egress)
    return { sign: '●', words: 'covered', tone: 'allow', why: 'Enforced policies cover ingress and egress.' }
  const because = hostNetwork
    ? 'It is on the network of its node, which policies of pods do not select.'
    : 'No enforced policy covers it.'
  if (!ingress && !egress) return { sign: '○', words: 'open', tone: 'warn', why: `Open in both directions. ${because}` }
  const [open, other] = ingress ? ['egress', 'ingress'] : ['ingress', 'egress']
  return {
    sign: ingress ? '◐' : '◑',
    words: `${open} open`,
    tone: 'warn',
    why: `Enforced policies cover ${other} only: ${open} is open.`,
  }
}

/** Denied connections of an endpoint; undefined where there are none to tell of. */
export function deniedOf({ denied }: Endpoint): Mark | undefined {
  if (denied === undefined || (denied.connections === 0 && denied.packets === 0)) return undefined
  const connections = formatCount(denied.connections)
  return {
    sign: '✕',
    words: `${connections} denied`,
    tone: 'deny',
    why: `${connections} connections and ${formatCount(denied.packets)} packets were denied, at either end.`,
  }
}

export const typeWords = ({ type, hostNetwork }: Endpoint): string =>
  type === 'hep' ? 'host endpoint' : hostNetwork ? 'pod on host network' : 'pod'

export const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join(', ')

export const policyName = ({ namespace, name }: PolicyRef): string => (namespace ? `${namespace}/${name}` : name)

/** Calico repeats the tier in a policy's name; where there is little room it is left out. */
export const shortPolicyName = ({ tier, name }: PolicyRef): string =>
  name.startsWith(`${tier}.`) ? name.slice(tier.length + 1) : name

/** `1 platform.allow-dns, 2 app.cart-ingress (staged)`: in the order in which they are asked. */
export const policiesText = (policies: readonly PolicyRef[]): string =>
  policies.map((policy, at) => `${at + 1} ${policyName(policy)}${policy.staged ? ' (staged)' : ''}`).join(', ')

export const endpointId = ({ type, namespace, name }: Endpoint): string => `${type} ${namespace ?? ''}/${name}`

/** Records in which an endpoint is at either end; a host endpoint is named by its node there. */
export function endpointKql({ type, namespace = '', name, node }: Endpoint): string {
  if (type === 'hep') return printKql(selectionFilter(vertexId('host', [node ?? name]))!)
  const at = (side: 'source' | 'dest') =>
    allOf(fieldIs(`${side}_type`, 'wep'), fieldIs(`${side}_namespace`, namespace), fieldIs(`${side}_name`, name))
  return printKql(anyOf(at('source'), at('dest')))
}

/** Records that a node's agent reported. */
export const nodeKql = ({ name }: Pick<Node, 'name'>): string => printKql(fieldIs('host', name))

/** A name, or Calico's pattern, whose star is any text as the query's is. */
const goesTo = (domain: string): Filter => ({
  kind: 'is',
  field: literal('dest_domains'),
  value: domain.includes('*') ? { pieces: domain.split('*'), quoted: false } : literal(domain, true),
})

/**
 * Records of what a network set holds. Flows are named by the sets that hold networks, never by those of domains: these are
 * found by the names that clients asked for. A set that holds nothing names none, and its name is all there is to ask for.
 */
export function networkSetKql({ namespace = '', name, nets, domains }: NetworkSet): string {
  const named = selectionFilter(vertexId('set', [namespace, name]))!
  if (domains.length === 0) return printKql(named)
  const within = named.kind === 'or' ? named.filters : [named]
  return printKql(anyOf(...(nets.length === 0 ? [] : within), ...domains.map(goesTo)))
}

/** What sets hold, in words: `2 with networks, 1 with domains, 1 empty`. */
export function heldText(sets: readonly Pick<NetworkSet, 'nets' | 'domains'>[]): string {
  const held: readonly (readonly [count: number, words: string])[] = [
    [sets.filter(({ nets }) => nets.length > 0).length, 'with networks'],
    [sets.filter(({ domains }) => domains.length > 0).length, 'with domains'],
    [sets.filter(({ nets, domains }) => nets.length + domains.length === 0).length, 'empty'],
  ]
  return held.flatMap(([count, words]) => (count === 0 ? [] : [`${formatCount(count)} ${words}`])).join(', ')
}

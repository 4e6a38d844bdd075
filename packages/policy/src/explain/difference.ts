// What a flow would have to be for a rule to match it: the rule's conditions one by one, each asked of the reference, and
// for each that fails what was wanted and what there is.
import type { End, Ends } from '../evaluate/ends.ts'
import type { Flow } from '../evaluate/flow.ts'
import { expects } from '../evaluate/interfaces.ts'
import { judgeSelector } from '../evaluate/labels.ts'
import type { Lookup } from '../evaluate/lookup.ts'
import { matchRule } from '../evaluate/match-rule.ts'
import { printAddress } from '../net/address.ts'
import { anyEnd, type Entity, type Rule } from '../objects/policy.ts'
import { protocolName } from '../objects/ports.ts'
import type { Selector } from '../selector/ast.ts'
import { conjuncts, labelWord, peerWords, portWords, selectorWords } from './words.ts'

export type Side = 'source' | 'destination'

/** One condition that the flow does not fulfil. */
export interface Difference {
  readonly kind: 'label' | 'address' | 'port' | 'protocol' | 'other'
  readonly side?: Side
  /** Labels that would fulfil the condition, where setting labels can. */
  readonly labels?: ReadonlyMap<string, string>
  /** `wants role = web, shop/checkout carries role = api`. */
  readonly text: string
}

/** The end's name without its kind. */
export const shortTitle = (end: End) => end.title.replace(/^pod /, '')

type Matches = (part: Partial<Rule>) => boolean

function createMatches(rule: Rule, flow: Flow, ends: Ends, lookup: Lookup): Matches {
  const bare: Rule = {
    action: rule.action,
    origin: rule.origin,
    number: rule.number,
    source: anyEnd,
    destination: anyEnd,
  }
  return (part) => matchRule({ ...bare, ...part }, flow, ends, lookup, () => {}) !== false
}

const labelsOf = (end: End) => ('known' in end ? end.known : undefined)

/** Labels that make the part true by being set; undefined where setting labels cannot. */
function labelsFor(part: Selector): ReadonlyMap<string, string> | undefined {
  if (part.kind === 'equals') return new Map([[part.label, part.value]])
  if (part.kind === 'in' && part.values[0] !== undefined) return new Map([[part.label, part.values[0]]])
  return part.kind === 'has' ? new Map([[part.label, '']]) : undefined
}

/** A host endpoint whose labels fit, at an address that has none of them: rules know it by those that it expects. */
const isUnexpected = (end: End) => end.kind === 'host' && end.address && !expects(end.host, end.address)

function actualWords(part: Selector, end: End): string {
  const known = labelsOf(end)
  if (!known) return `${shortTitle(end)} is no endpoint and in no network set that matches`
  if (!('label' in part)) return `${shortTitle(end)} does not`
  const value = known.labels.get(part.label)
  return value === undefined
    ? `${shortTitle(end)} carries no ${labelWord(part.label)}`
    : `${shortTitle(end)} carries ${labelWord(part.label)} = ${value}`
}

function labelDifferences(selector: Selector, end: End, side: Side): readonly Difference[] {
  const known = labelsOf(end)
  if (isUnexpected(end)) {
    const actual = `${shortTitle(end)} does not list its address in expectedIPs`
    return [{ kind: 'label', side, text: `wants ${selectorWords(selector)}, ${actual}` }]
  }
  if (!known) return [{ kind: 'label', side, text: `wants ${selectorWords(selector)}, ${actualWords(selector, end)}` }]
  return conjuncts(selector)
    .filter((part) => judgeSelector(part, known) === false)
    .map((part) => {
      const labels = labelsFor(part)
      return {
        kind: 'label',
        side,
        text: `wants ${selectorWords(part)}, ${actualWords(part, end)}`,
        ...(labels && { labels }),
      }
    })
}

const addressWords = (end: End) =>
  end.address ? `the address is ${printAddress(end.address)}` : `the address of ${shortTitle(end)} is not known`

function entityDifferences(entity: Entity, side: Side, end: End, flow: Flow, matches: Matches): readonly Difference[] {
  const { selector, notSelector, nets, notNets, services, domains, classes, netsAreOutside, ports, notPorts } = entity
  const asked = (part: Entity) => matches({ [side]: part })
  const found: Difference[] = []
  if (selector && !asked({ selector })) found.push(...labelDifferences(selector, end, side))
  if (notSelector && !asked({ notSelector }))
    found.push({ kind: 'label', side, text: `excludes ${selectorWords(notSelector)}, which ${shortTitle(end)} is` })
  const byAddress: Entity = {
    ...(nets && { nets }),
    ...(notNets && { notNets }),
    ...(netsAreOutside && { netsAreOutside }),
  }
  if ((nets || notNets) && !asked(byAddress))
    found.push({ kind: 'address', side, text: `wants ${peerWords(byAddress)}, ${addressWords(end)}` })
  const rest: Entity = { ...(services && { services }), ...(domains && { domains }), ...(classes && { classes }) }
  if (Object.keys(rest).length > 0 && !asked(rest))
    found.push({ kind: 'other', side, text: `wants ${peerWords(rest)}, which ${shortTitle(end)} is not` })
  const port = side === 'destination' ? flow.port : flow.sourcePort
  const has = port === undefined ? 'the flow has no port' : `the flow has port ${port}`
  if (ports && !asked({ ports, ...(selector && { selector }) }) && (!selector || asked({ selector })))
    found.push({ kind: 'port', side, text: `wants ${side === 'source' ? 'source ' : ''}${portWords(ports)}, ${has}` })
  else if (ports && selector && !asked({ selector }) && !asked({ ports }))
    found.push({ kind: 'port', side, text: `wants ${portWords(ports)}, ${has}` })
  if (notPorts && !asked({ notPorts }))
    found.push({ kind: 'port', side, text: `excludes ${portWords(notPorts)}, ${has}` })
  return found
}

function protocolDifferences(rule: Rule, flow: Flow, matches: Matches): readonly Difference[] {
  const { protocols, notProtocols, icmp, notIcmp, ipVersion, http } = rule
  const found: Difference[] = []
  const has = `the flow is ${protocolName(flow.protocol)}`
  if (protocols && !matches({ protocols }))
    found.push({ kind: 'protocol', text: `wants ${protocols.map(protocolName).join(' or ')}, ${has}` })
  if (notProtocols && !matches({ notProtocols }))
    found.push({ kind: 'protocol', text: `excludes ${notProtocols.map(protocolName).join(' and ')}, ${has}` })
  if (icmp && protocols && matches({ protocols }) && !matches({ icmp }))
    found.push({ kind: 'other', text: `wants ICMP type ${icmp.type}, the flow has ${flow.icmp?.type}` })
  if (notIcmp && !matches({ notIcmp })) found.push({ kind: 'other', text: `excludes ICMP type ${notIcmp.type}` })
  if (ipVersion && !matches({ ipVersion })) found.push({ kind: 'address', text: `wants IPv${ipVersion}` })
  if (http && !matches({ http })) found.push({ kind: 'other', text: `wants another HTTP method or path` })
  return found
}

/** Everything about the flow that the rule does not take; empty when it matches or may match. */
export function differences(rule: Rule, flow: Flow, ends: Ends, lookup: Lookup): readonly Difference[] {
  const matches = createMatches(rule, flow, ends, lookup)
  if (matches(rule)) return []
  return [
    ...protocolDifferences(rule, flow, matches),
    ...entityDifferences(rule.source, 'source', ends.source, flow, matches),
    ...entityDifferences(rule.destination, 'destination', ends.destination, flow, matches),
  ]
}

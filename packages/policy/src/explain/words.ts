// Rules and selectors in words, with the labels that only exist inside turned back into what their author wrote.
import { printCidr } from '../net/address.ts'
import type { Entity, Policy, PortMatch, Rule } from '../objects/policy.ts'
import { protocolName } from '../objects/ports.ts'
import {
  namespaceLabel,
  namespacePrefix,
  orchestratorLabel,
  serviceAccountLabel,
  serviceAccountPrefix,
} from '../objects/scope.ts'
import { and, mapLeaves, type Selector } from '../selector/ast.ts'
import { describeSelector } from '../selector/kubernetes.ts'

const namespaceName = new Set([
  `${namespacePrefix}kubernetes.io/metadata.name`,
  `${namespacePrefix}projectcalico.org/name`,
  namespaceLabel,
])

/** What people call a label. */
export function labelWord(label: string): string {
  if (namespaceName.has(label)) return 'namespace'
  if (label === serviceAccountLabel || label === `${serviceAccountPrefix}projectcalico.org/name`)
    return 'service account'
  if (label.startsWith(namespacePrefix)) return `namespace label ${label.slice(namespacePrefix.length)}`
  if (label.startsWith(serviceAccountPrefix)) return `service account label ${label.slice(serviceAccountPrefix.length)}`
  return label
}

/** Conditions that every pod fulfils say nothing to people. */
function isSilent(part: Selector): boolean {
  if (part.kind === 'equals') return part.label === orchestratorLabel && part.value === 'k8s'
  return part.kind === 'has' && (part.label === namespaceLabel || part.label === serviceAccountLabel)
}

/** The parts of a conjunction, groups within groups opened. */
export function conjuncts(selector: Selector): readonly Selector[] {
  return selector.kind === 'and' ? selector.of.flatMap(conjuncts) : [selector]
}

const renamed = (selector: Selector) =>
  mapLeaves(selector, (leaf) => ('label' in leaf ? { ...leaf, label: labelWord(leaf.label) } : leaf))

/** `role = web and namespace = shop`; `every pod` for what every pod fulfils. */
export function selectorWords(selector: Selector): string {
  const parts = conjuncts(selector)
  const telling = parts.filter((part) => !isSilent(part) && part.kind !== 'all')
  if (telling.length > 0) return describeSelector(renamed(and(...telling)))
  return parts.some(isSilent) ? 'every pod' : 'every endpoint and network set'
}

/** `shop/app.web`: the name that the object has, by which it is found; its tier is told beside it. */
export const policyName = ({ namespace, name }: Pick<Policy, 'namespace' | 'name'>): string =>
  namespace === undefined ? name : `${namespace}/${name}`

const portWord = (port: PortMatch) =>
  'name' in port ? port.name : port.from === port.to ? String(port.from) : `${port.from} to ${port.to}`

export const portWords = (ports: readonly PortMatch[]) => `port ${ports.map(portWord).join(', ')}`

/** What an entity demands, ports left out; empty when it demands nothing. */
export function peerWords(entity: Entity): string {
  const { selector, notSelector, nets, notNets, services, domains, classes } = entity
  return [
    selector && selectorWords(selector),
    notSelector && `not ${selectorWords(notSelector)}`,
    nets && nets.map(printCidr).join(', '),
    notNets && `except ${notNets.map(printCidr).join(', ')}`,
    services && `service ${services.namespace}/${services.name}`,
    domains && `domain ${domains.map((domain) => domain.text).join(', ')}`,
    classes && classes.join(', '),
  ]
    .filter(Boolean)
    .join(' ')
}

function protocolWords(rule: Rule): string {
  const { protocols, notProtocols, icmp } = rule
  const wanted = protocols?.map(protocolName).join('/')
  const type =
    icmp?.type === undefined ? '' : ` type ${icmp.type}${icmp.code === undefined ? '' : ` code ${icmp.code}`}`
  return [wanted && `${wanted}${type}`, notProtocols && `not ${notProtocols.map(protocolName).join('/')}`]
    .filter(Boolean)
    .join(' ')
}

/** `allow tcp from role = web to port 8080`. */
export function ruleWords(rule: Rule): string {
  const { source, destination } = rule
  const from = [peerWords(source), source.ports && portWords(source.ports)].filter(Boolean).join(' ')
  const to = [
    peerWords(destination),
    destination.ports && portWords(destination.ports),
    destination.notPorts && `not ${portWords(destination.notPorts)}`,
  ]
    .filter(Boolean)
    .join(' ')
  const parts = [rule.action, protocolWords(rule), from && `from ${from}`, to && `to ${to}`].filter(Boolean)
  return parts.length === 1 ? `${rule.action} everything` : parts.join(' ')
}

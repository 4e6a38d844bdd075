// Whether one rule, or one subject, certainly covers another: everything that the second matches, the first matches too.
// Only what can be seen from the texts is claimed; "no" means "not certain".
import { type Cidr, contains } from '../net/address.ts'
import type { Entity, PortMatch, Rule } from '../objects/policy.ts'
import type { Selector } from '../selector/ast.ts'
import { printSelector } from '../selector/print.ts'
import { conjuncts } from '../explain/words.ts'

/** The second demands at least what the first demands. */
export function selectorCovers(wide: Selector, narrow: Selector): boolean {
  const demands = new Set(conjuncts(narrow).map(printSelector))
  return conjuncts(wide).every((part) => part.kind === 'all' || demands.has(printSelector(part)))
}

const sameJson = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** A condition that the wide rule lacks covers anything; one that it has must be there in the narrow one, and hold. */
function covered<T>(wide: T | undefined, narrow: T | undefined, test: (wide: T, narrow: T) => boolean): boolean {
  return wide === undefined || (narrow !== undefined && test(wide, narrow))
}

const isWithin = (net: Cidr, block: Cidr) => block.bits <= net.bits && contains(block, net)

const netsCover = (wide: readonly Cidr[], narrow: readonly Cidr[]) =>
  narrow.every((net) => wide.some((block) => isWithin(net, block)))

function portCovers(wide: PortMatch, narrow: PortMatch): boolean {
  if ('name' in wide || 'name' in narrow) return 'name' in wide && 'name' in narrow && wide.name === narrow.name
  return wide.from <= narrow.from && narrow.to <= wide.to
}

const portsCover = (wide: readonly PortMatch[], narrow: readonly PortMatch[]) =>
  narrow.every((port) => wide.some((each) => portCovers(each, port)))

function entityCovers(wide: Entity, narrow: Entity): boolean {
  const exact = (
    ['notSelector', 'notNets', 'netsAreOutside', 'classes', 'services', 'domains', 'notPorts'] as const
  ).every((key) => covered<unknown>(wide[key], narrow[key], sameJson))
  return (
    exact &&
    covered(wide.selector, narrow.selector, selectorCovers) &&
    covered(wide.nets, narrow.nets, netsCover) &&
    covered(wide.ports, narrow.ports, portsCover)
  )
}

const listCovers = (wide: readonly number[], narrow: readonly number[]) => narrow.every((each) => wide.includes(each))

/** Whether whatever matches the second rule matches the first. */
export function ruleCovers(wide: Rule, narrow: Rule): boolean {
  const exact = (['notProtocols', 'icmp', 'notIcmp', 'ipVersion', 'http'] as const).every((key) =>
    covered<unknown>(wide[key], narrow[key], sameJson),
  )
  return (
    exact &&
    wide.unevaluated === undefined &&
    covered(wide.protocols, narrow.protocols, listCovers) &&
    entityCovers(wide.source, narrow.source) &&
    entityCovers(wide.destination, narrow.destination)
  )
}

/** Whether nothing gets past the rule. */
export const matchesEverything = (rule: Rule) =>
  ruleCovers(rule, { action: 'log', origin: '', number: 0, source: {}, destination: {} })

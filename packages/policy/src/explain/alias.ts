// By which other name a rule takes a destination: people know the name that they asked for, and the rule has one that its
// answer led to.
import type { End } from '../evaluate/ends.ts'
import { judgeSelector } from '../evaluate/labels.ts'
import type { Lookup } from '../evaluate/lookup.ts'
import { findCovered } from '../objects/domains.ts'
import type { DomainPattern, Rule } from '../objects/policy.ts'

/** The domains of a rule, and of the network sets that it selects. */
function patternsOf(
  { action, destination: { selector, domains = [] } }: Rule,
  lookup: Lookup,
): readonly DomainPattern[] {
  if (!selector || action !== 'allow') return domains
  const sets = lookup.setsWithDomains.filter((set) => judgeSelector(selector, lookup.setLabels(set)))
  return [...domains, ...sets.flatMap((set) => set.domains)]
}

/** The alias that the rule's domains cover, where they cover none of the names that the client asked for. */
export function decidingAlias(rule: Rule, { names }: End, lookup: Lookup): string | undefined {
  if (names.aliases.length === 0 || names.domains.length === 0) return undefined
  const covered = patternsOf(rule, lookup).flatMap((pattern) => findCovered(pattern, names) ?? [])
  return covered.some((name) => names.domains.includes(name)) ? undefined : covered[0]
}

// Whether one end of a flow goes by a name of a rule or a network set. What is known of names is what the client was told:
// the end's own with its aliases, and facts of the snapshot. Source: Calico, "Use external IPs or networks rules in policy:
// domain names"; Cilium, "DNS based" rules, whose names are of addresses outside alone.
import { findCovered, matchDomain, type Names } from '../objects/domains.ts'
import type { DomainPattern } from '../objects/policy.ts'
import { anyOf, type Answer, type Miss } from './answer.ts'
import { type End, isOutside } from './ends.ts'
import type { Lookup } from './lookup.ts'

/** Whether the pattern covers a name of the end. Calico turns names into addresses, whoever has them. */
function isCalled(pattern: DomainPattern, names: Names, end: End, miss: Miss): Answer {
  if (findCovered(pattern, names) === undefined) return false
  return pattern.dialect === 'calico' || isOutside(end, miss)
}

const isNameless = ({ kind }: End, patterns: readonly DomainPattern[]) =>
  kind === 'pod' || kind === 'host' || (kind === 'node' && patterns.every(({ dialect }) => dialect === 'cilium'))

/** Whether some pattern covers the end; unknown where nobody saw by which name the client came to it. */
export function inDomains(patterns: readonly DomainPattern[], end: End, lookup: Lookup, miss: Miss): Answer {
  const facts = end.address ? lookup.namesOf(end.address) : []
  const names = facts.length > 0 ? { ...end.names, domains: [...end.names.domains, ...facts] } : end.names
  const called = anyOf(
    patterns.map((pattern) => (note) => isCalled(pattern, names, end, note)),
    miss,
  )
  // Names that are known and others: it was not by one of these that the client came here.
  if (called !== false || isNameless(end, patterns) || end.names.domains.length > 0) return called
  const unseen = patterns.find((pattern) => !lookup.domains.some((fact) => matchDomain(pattern, fact.name)))
  if (!unseen && end.address) return false
  miss({ kind: 'domain', text: `addresses of domain ${unseen?.text ?? patterns[0]?.text}` })
  return undefined
}

// Domain patterns of rules and network sets. DNS names are equal in any letter case and with or without the final dot
// (RFC 4343), so both sides are folded before they meet.
import { fail, type Place, readList, readText } from './place.ts'
import type { DomainPattern } from './policy.ts'

/** The form in which names are compared. */
export const foldDomain = (name: string) => name.toLowerCase().replace(/\.$/, '')

const calicoPattern = /^(\*|[a-z0-9_-]+)(\.(\*|[a-z0-9_-]+))*$|^\*\.[a-z0-9_.-]+$/

/** Calico: a name, or one with `*` for one or more labels. */
export function readDomains(place: Place): readonly DomainPattern[] | undefined {
  return readList(place)?.flatMap((entry) => {
    const text = readText(entry)
    if (text === undefined) return []
    const folded = foldDomain(text)
    if (!calicoPattern.test(folded))
      return fail(entry, `want a domain such as api.example.com or *.example.com, got "${text}"`) ?? []
    return { text: folded, dialect: 'calico' } satisfies DomainPattern
  })
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function calicoRegExp(text: string): string {
  return text.split('*').map(escape).join('[a-z0-9_.-]+')
}

/** Cilium: `*` alone is any name; a leading `**.` is one or more labels; else `*` stays within a label, maybe empty. */
function ciliumRegExp(text: string): string {
  if (text === '*') return '[a-z0-9_.-]+'
  const deep = text.startsWith('**.')
  const rest = (deep ? text.slice(3) : text).split('*').map(escape).join('[a-z0-9_-]*')
  return deep ? `([a-z0-9_-]+\\.)+${rest}` : rest
}

const compiled = new WeakMap<DomainPattern, RegExp>()

/** By which names a client came to an address. */
export interface Names {
  /** Those that it asked for. */
  readonly domains: readonly string[]
  /** Those between one of them and the address (CNAME). */
  readonly aliases: readonly string[]
}

/** Whether the pattern covers the name. */
export function matchDomain(pattern: DomainPattern, name: string): boolean {
  let test = compiled.get(pattern)
  if (!test) {
    test = new RegExp(`^${pattern.dialect === 'calico' ? calicoRegExp(pattern.text) : ciliumRegExp(pattern.text)}$`)
    compiled.set(pattern, test)
  }
  return test.test(foldDomain(name))
}

/**
 * The name that the pattern covers, a name that was asked for before an alias. Felix follows CNAME records: an address is in
 * the set of a domain that covers any name on the way to it. Cilium's addresses are those of the name that was asked for,
 * whatever its answer called them (cilium/cilium#30588).
 */
export function findCovered(pattern: DomainPattern, { domains, aliases }: Names): string | undefined {
  const covers = (name: string) => matchDomain(pattern, name)
  return domains.find(covers) ?? (pattern.dialect === 'calico' ? aliases.find(covers) : undefined)
}

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

/** Whether the pattern covers the name. */
export function matchDomain(pattern: DomainPattern, name: string): boolean {
  let test = compiled.get(pattern)
  if (!test) {
    test = new RegExp(`^${pattern.dialect === 'calico' ? calicoRegExp(pattern.text) : ciliumRegExp(pattern.text)}$`)
    compiled.set(pattern, test)
  }
  return test.test(foldDomain(name))
}

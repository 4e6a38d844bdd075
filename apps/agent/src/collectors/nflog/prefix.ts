// What the agent itself makes of a log rule: which end it speaks for and whether it denies, as far as the group or Felix's
// first letters tell. Which policy it is, is the server's to find out. Pure.
import { printMark } from '@margay/wire'
import type { MarkDirection, Said } from '../../flow/mark-table.ts'

/** Groups with a meaning of their own. */
const groups: ReadonlyMap<number, Pick<Said, 'direction' | 'denies'>> = new Map([
  // kube-router logs here what it refuses, for either end.
  [100, { direction: undefined, denies: true }],
])

/** A rule of a policy, one of a profile, the end of a tier, and that no profile matched. Long ones keep these beginnings. */
const felix = /^(?:[ADP]P[IE]\d+\||[AD]R[IE]\d+\||[DP]P[IE]\||DR[IE]$)/
/** Where they say what they do, and for which end. */
const actionAt = 0
const directionAt = 2
const felixDirections: Readonly<Record<string, MarkDirection>> = { I: 'ingress', E: 'egress' }

export function readPrefix(group: number, prefix: string): Said {
  const texts = [printMark({ by: 'nflog', group, prefix })]
  if (!felix.test(prefix)) return { texts, ...(groups.get(group) ?? { direction: undefined, denies: false }) }
  return { texts, direction: felixDirections[prefix[directionAt]!], denies: prefix[actionAt] === 'D' }
}

/** Rules are few, but prefixes are text of whoever may write rules. */
const maxPrefixes = 4096

/** The same object for the same rule, which is what the table of marks wants. */
export function createPrefixes(): (group: number, prefix: string) => Said {
  const known = new Map<string, Said>()
  return (group, prefix) => {
    const key = `${group} ${prefix}`
    const found = known.get(key)
    if (found) return found
    if (known.size >= maxPrefixes) known.clear()
    const said = readPrefix(group, prefix)
    known.set(key, said)
    return said
  }
}

// What the agent itself makes of a log rule: which end it speaks for and whether it denies, as far as the group or Felix's
// first letters tell. Which policy it is, is the server's to find out. Pure.
import { printMark } from '@margay/wire'
import type { MarkDirection, Said } from '../../flow/mark-table.ts'

/** Groups with a meaning of their own. */
const groups: ReadonlyMap<number, Pick<Said, 'direction' | 'denies'>> = new Map([
  // kube-router logs here what it refuses, for either end.
  [100, { direction: undefined, denies: true }],
])

const felix = /^([ADP])[PR]([IE])(?:$|\d*\|)/
const felixDirections: Readonly<Record<string, MarkDirection>> = { I: 'ingress', E: 'egress' }

export function readPrefix(group: number, prefix: string): Said {
  const texts = [printMark({ by: 'nflog', group, prefix })]
  const [, action, way = ''] = felix.exec(prefix) ?? []
  if (action !== undefined) return { texts, direction: felixDirections[way], denies: action === 'D' }
  return { texts, ...(groups.get(group) ?? { direction: undefined, denies: false }) }
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

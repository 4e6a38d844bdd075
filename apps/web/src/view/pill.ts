// Filters made by clicking: each is one KQL clause with three switches. The question that is asked is the query of the
// bar and every pill that is on. Pure. How a clicked value is spelled so that it means itself is
// packages/query's business.
import type { Value } from '@margay/model'
import { filterForCell, printKql } from '@margay/query'

export interface Pill {
  /** One clause, without its negation. */
  readonly kql: string
  readonly negated: boolean
  /** Switched off: kept, shown, and not asked. */
  readonly off: boolean
  /** Survives `Clear all`. */
  readonly pinned: boolean
}

export const pill = (kql: string, negated = false): Pill => ({ kql, negated, off: false, pinned: false })

/** The filter that keeps rows with this value of a field; where there is none, those without the field (`not field: *`). */
export function clauseOf(field: string, value: Value | undefined): Pill {
  const filter = filterForCell(field, value)
  return filter.kind === 'not' ? pill(printKql(filter.filter), true) : pill(printKql(filter))
}

export const toggleNegated = (pill: Pill): Pill => ({ ...pill, negated: !pill.negated })
export const toggleOff = (pill: Pill): Pill => ({ ...pill, off: !pill.off })
export const togglePinned = (pill: Pill): Pill => ({ ...pill, pinned: !pill.pinned })

/** Adds a pill; one with the same clause is replaced, so that a click on "out" undoes "in". */
export function addPill(pills: readonly Pill[], added: Pill): readonly Pill[] {
  const at = pills.findIndex(({ kql }) => kql === added.kql)
  if (at < 0) return [...pills, added]
  return pills.map((present, index) => (index === at ? { ...added, pinned: present.pinned } : present))
}

const clause = ({ kql, negated }: Pill): string => (negated ? `not (${kql})` : `(${kql})`)

/** The question's filter as one KQL text. The query comes first, so that positions in its errors stay near. */
export function composeQuery(query: string, pills: readonly Pill[]): string {
  const on = pills.filter(({ off }) => !off)
  const text = query.trim()
  if (on.length === 0) return text
  const clauses = on.map(clause)
  return (text === '' ? clauses : [`(${text})`, ...clauses]).join(' and ')
}

const flags = [
  ['n', 'negated'],
  ['o', 'off'],
  ['p', 'pinned'],
] as const

/** `flags~clause`, as a pill stands in the address: `n~action: deny` is negated. */
export const printPill = (pill: Pill): string =>
  `${flags.flatMap(([letter, name]) => (pill[name] ? [letter] : [])).join('')}~${pill.kql}`

export function parsePill(text: string): Pill | undefined {
  const match = /^([nop]{0,3})~([^]*)$/.exec(text)
  if (!match?.[2]?.trim()) return undefined
  const has = (letter: string) => match[1]!.includes(letter)
  return { kql: match[2], negated: has('n'), off: has('o'), pinned: has('p') }
}

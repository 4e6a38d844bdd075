// Label selectors as people type them: kubectl's form, or Calico's language. What both could mean, they mean the same by.
import type { Selector } from '@margay/policy'
import { parseSelector } from '@margay/policy'

export type ReadSelector =
  | { readonly selector: Selector; readonly error?: undefined }
  | { readonly selector?: undefined; readonly error: string }

/** Commas that separate parts, not values between brackets. */
const partsOf = (text: string) => text.split(/,(?![^(]*\))/).map((part) => part.trim())

const key = String.raw`(?<key>[\w./-]+)`
const patterns: readonly (readonly [RegExp, (label: string, value: string) => Selector])[] = [
  [
    new RegExp(String.raw`^${key}\s+in\s*\((?<value>[^()]*)\)$`),
    (label, value) => ({ kind: 'in', label, values: valuesOf(value) }),
  ],
  [
    new RegExp(String.raw`^${key}\s+notin\s*\((?<value>[^()]*)\)$`),
    (label, value) => ({ kind: 'not-in', label, values: valuesOf(value) }),
  ],
  [new RegExp(String.raw`^${key}\s*!=\s*(?<value>[\w.-]*)$`), (label, value) => ({ kind: 'not-equals', label, value })],
  [new RegExp(String.raw`^${key}\s*==?\s*(?<value>[\w.-]*)$`), (label, value) => ({ kind: 'equals', label, value })],
  [new RegExp(String.raw`^!\s*${key}$`), (label) => ({ kind: 'not', of: { kind: 'has', label } })],
  [new RegExp(String.raw`^${key}$`), (label) => ({ kind: 'has', label })],
]

const valuesOf = (text: string) => text.split(',').map((value) => value.trim())

function readPart(text: string): Selector | undefined {
  for (const [pattern, make] of patterns) {
    const groups = pattern.exec(text)?.groups
    if (groups) return make(groups.key!, groups.value ?? '')
  }
  return undefined
}

/** Signs that only Calico's language has. */
const calicoOnly = /['"{}&|]|\b(?:has|all|global)\(/

/** What is wrong with a part in kubectl's form. */
function faultOf(part: string): string {
  if (part === '') return 'a condition is missing beside a comma'
  const set = /^[\w./-]+\s+(?:not)?in\b\s*(?<list>.*)$/.exec(part)
  const list = set?.groups?.list
  if (list === undefined) return `"${part}" is no condition`
  if (!list.startsWith('(')) return `"(" is missing behind "${part.slice(0, part.length - list.length).trim()}"`
  return list.includes(')')
    ? `the values of "${part}" are not in one pair of brackets`
    : `")" is missing behind "${part}"`
}

/** Reads either form; the error is of the form that the text looks like, and names the place. */
export function readLabelSelector(text: string): ReadSelector {
  const parts = partsOf(text)
  const read = parts.map(readPart)
  const known = read.filter((part) => part !== undefined)
  if (known.length === parts.length) {
    return { selector: known.length === 1 ? known[0]! : { kind: 'and', of: known } }
  }
  const parsed = parseSelector(text)
  if (parsed.selector) return { selector: parsed.selector }
  if (calicoOnly.test(text)) return { error: parsed.error }
  const wrong = parts[read.indexOf(undefined)] ?? text
  return { error: `parse selector "${text.slice(0, 120)}": ${faultOf(wrong)}` }
}

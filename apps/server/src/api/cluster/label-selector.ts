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
    new RegExp(String.raw`^${key}\s+in\s+\((?<value>[^()]*)\)$`),
    (label, value) => ({ kind: 'in', label, values: valuesOf(value) }),
  ],
  [
    new RegExp(String.raw`^${key}\s+notin\s+\((?<value>[^()]*)\)$`),
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

/** Reads either form; the error is that of Calico's language, which names the place. */
export function readLabelSelector(text: string): ReadSelector {
  const parts = partsOf(text).map(readPart)
  const known = parts.filter((part) => part !== undefined)
  if (known.length === parts.length) {
    return { selector: known.length === 1 ? known[0]! : { kind: 'and', of: known } }
  }
  const parsed = parseSelector(text)
  return parsed.selector ? { selector: parsed.selector } : { error: parsed.error }
}

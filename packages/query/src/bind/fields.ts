// Names of fields: which ones a written name means, and which ones were probably meant.
import type { LogType } from '@margay/model'
import type { Literal } from '../filter.ts'
import { hasWildcard } from '../filter.ts'
import { likeText } from '../text.ts'

/** The virtual field that names the log type and the cluster, as Calico's indices do. */
export const indexField = '_index'

/**
 * The field names of a log type that a written name means: itself, every match of a wildcard, or the one member of an
 * object (`dest_labels` for `dest_labels.labels`). Within `prefix: { … }` names are members of the prefix.
 */
export function resolveNames(type: LogType, name: Literal, prefix?: string): readonly string[] {
  const [text = ''] = name.pieces
  const whole = prefix === undefined ? text : `${prefix}.${text}`
  // Fast path: most names are written as they are.
  if (!hasWildcard(name) && Object.hasOwn(type.fields, whole)) return [whole]
  const candidates = Object.keys(type.fields).filter((field) => !prefix || field.startsWith(`${prefix}.`))
  const short = (field: string) => (prefix ? field.slice(prefix.length + 1) : field)
  if (hasWildcard(name)) {
    return candidates.filter((field) => likeText(name.pieces, short(field)) || likeText(name.pieces, field))
  }
  const exact = candidates.filter((field) => short(field) === text || field === text)
  if (exact.length > 0) return exact.slice(0, 1)
  const members = candidates.filter((field) => field.startsWith(`${text}.`))
  return members.length === 1 ? members : []
}

/** The members of an object of a log type: `policies` has `policies.all_policies` and others. */
export function membersOf(type: LogType, prefix: string): readonly string[] {
  return Object.keys(type.fields).filter((field) => field.startsWith(`${prefix}.`))
}

/** Up to three names that a misspelled one is nearest to, best first. */
export function nearest(written: string, names: readonly string[]): readonly string[] {
  const text = written.slice(0, 64).toLowerCase().replaceAll('-', '_')
  const limit = text.length / 2 + 0.5
  const lengthApart = (name: string) => Math.abs(name.length - text.length)
  return names
    .map((name) => ({ name, distance: nameDistance(text, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || lengthApart(a.name) - lengthApart(b.name))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** The edit distance to the name or, a little farther, to a part of it: `nspace` is near `dest_namespace`. */
function nameDistance(text: string, name: string): number {
  if (text.length >= 4 && name.includes(text)) return 1
  const parts = name.split(/[._]/).map((part) => (shortens(text, part) ? 1.5 : editDistance(text, part) + 0.5))
  return Math.min(editDistance(text, name), ...parts)
}

/** Whether a text is a word with letters left out, the first one kept: `ns` and `nspace` shorten `namespace`. */
function shortens(text: string, word: string): boolean {
  if (text[0] !== word[0] || text.length < 2) return false
  let at = 0
  for (const letter of word) if (letter === text[at]) at++
  return at === text.length
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) best = Math.min(best, beforeLast[j - 2]! + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

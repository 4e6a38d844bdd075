// Completion of KQL at a cursor: what can be written there, spelled so that it can be inserted as it is. Pure: usual values
// of a field come from the caller, who asks `wantsValuesOf` which field that is.
import type { Field, LogType } from '@margay/model'
import { membersOf, resolveNames } from '../bind/fields.ts'
import { shapeOf } from '../bind/values.ts'
import { literal } from '../filter.ts'
import { printQuoted } from '../kql/literal.ts'
import type { Span } from '../problem.ts'
import { spellValue } from '../spell.ts'
import type { Situation } from './situation.ts'
import { situationAt } from './situation.ts'

export interface Completion {
  readonly kind: 'field' | 'operator' | 'value' | 'conjunction'
  /** What the list shows. */
  readonly label: string
  /** What replaces the span. */
  readonly insert: string
  readonly replaced: Span
  /** A word beside the label: kind of a field, meaning of an operator, count of a value. */
  readonly detail?: string
  readonly doc?: string
}

/** A value that a field has, and in how many rows. */
export interface KnownValue {
  readonly value: string
  readonly count?: number
}

export interface CompleteOptions {
  /** Values of a field, most frequent first. `typed` is what stands there already. */
  readonly valuesOf?: (field: string, typed: string) => readonly KnownValue[]
  readonly limit?: number
}

/** The field whose values a completion at the cursor would show, and the text typed of one. */
export function wantsValuesOf(
  text: string,
  cursor: number,
  type: LogType,
): { readonly field: string; readonly typed: string } | undefined {
  const situation = situationAt(text, cursor)
  const field = fieldOf(situation, type)
  return field === undefined ? undefined : { field, typed: situation.typed }
}

/** What can be written at the cursor, best first. */
export function complete(
  text: string,
  cursor: number,
  type: LogType,
  options: CompleteOptions = {},
): readonly Completion[] {
  const situation = situationAt(text, cursor)
  const found = [...proposals(situation, type, options), ...conjunctionsForLastWord(situation)]
  return found.slice(0, limitOf(options))
}

const limitOf = ({ limit }: CompleteOptions) => limit ?? 50

function proposals(situation: Situation, type: LogType, options: CompleteOptions): readonly Completion[] {
  switch (situation.wanted.kind) {
    case 'clause': {
      // However many fields there are, the word of the language is not crowded out.
      const words = negation(situation)
      return [...fields(situation, type).slice(0, limitOf(options) - words.length), ...words]
    }
    case 'operator':
      return [...operators(situation, type), ...conjunctions(situation)]
    case 'value':
      return values(situation, type, options)
    case 'conjunction':
      return conjunctions(situation)
  }
}

/** 0 where a text starts with what was typed, 1 where it holds it, undefined where neither. */
function rank(text: string, typed: string): number | undefined {
  const at = text.toLowerCase().indexOf(typed.toLowerCase())
  return at < 0 ? undefined : Math.min(at, 1)
}

function ranked<T>(items: readonly T[], typed: string, text: (item: T) => string): readonly T[] {
  const starting: T[] = []
  const holding: T[] = []
  for (const item of items) {
    const found = rank(text(item), typed)
    if (found === 0) starting.push(item)
    else if (found === 1) holding.push(item)
  }
  return [...starting, ...holding]
}

function fields({ prefix, typed, replaced, isQuoted, hasOperator }: Situation, type: LogType): readonly Completion[] {
  const members = prefix === undefined ? [] : membersOf(type, prefix)
  const names = prefix === undefined ? Object.keys(type.fields) : members
  const short = (name: string) => (members.length > 0 ? name.slice(prefix!.length + 1) : name)
  return ranked(names, typed, short).map((name) => {
    const field: Field = type.fields[name]!
    const written = short(name)
    return {
      kind: 'field',
      label: written,
      insert: (isQuoted ? printQuoted(written) : spellValue(written)) + (hasOperator ? '' : ': '),
      replaced,
      detail: field.unit ? `${field.kind}, ${field.unit}` : field.kind,
      doc: field.deprecated ? `${field.doc} Deprecated: ${field.deprecated}.` : field.doc,
    }
  })
}

function negation({ typed, replaced, isQuoted }: Situation): readonly Completion[] {
  if (isQuoted || rank('not', typed) !== 0) return []
  return [
    { kind: 'conjunction', label: 'not', insert: 'not ', replaced, detail: 'rows for which the rest is not true' },
  ]
}

const comparisons: readonly (readonly [string, string])[] = [
  ['>', 'more than'],
  ['>=', 'at least'],
  ['<', 'less than'],
  ['<=', 'at most'],
]

function operators({ wanted, prefix, replaced }: Situation, type: LogType): readonly Completion[] {
  const written = wanted.kind === 'operator' ? wanted.field : ''
  const name = resolveNames(type, literal(written, true), prefix)[0]
  const operator = (label: string, insert: string, detail: string): Completion => ({
    kind: 'operator',
    label,
    insert,
    replaced,
    detail,
  })
  if (name === undefined) {
    return membersOf(type, written).length > 0
      ? [operator(': {', ': { ', 'one element of the list meets all of it')]
      : []
  }
  const shape = shapeOf(type.fields[name]!)
  const isOrdered = shape === 'number' || shape === 'time' || shape === 'ip'
  return [
    operator(':', ': ', 'is'),
    operator(': *', ': *', 'has a value'),
    ...(isOrdered ? comparisons.map(([sign, meaning]) => operator(sign, `${sign} `, meaning)) : []),
  ]
}

/** The full name of the field whose value is wanted. */
function fieldOf({ wanted, prefix }: Situation, type: LogType): string | undefined {
  if (wanted.kind !== 'value') return undefined
  return resolveNames(type, literal(wanted.field, true), prefix)[0]
}

const moments: readonly KnownValue[] = ['now-15m', 'now-1h', 'now-1d', 'now/d', 'now-7d/d'].map((value) => ({ value }))

/** Values that the catalogue knows. */
function usualValues(field: Field): readonly KnownValue[] {
  const shape = shapeOf(field)
  if (shape === 'bool') return [{ value: 'true' }, { value: 'false' }]
  if (shape === 'time') return moments
  return (field.values ?? []).map((value) => ({ value }))
}

function values(situation: Situation, type: LogType, { valuesOf }: CompleteOptions): readonly Completion[] {
  const { wanted, typed, replaced, isQuoted } = situation
  const name = fieldOf(situation, type)
  if (name === undefined || wanted.kind !== 'value') return []
  const known = new Map<string, KnownValue>()
  const plain = typed.replaceAll('*', '')
  for (const value of [...(valuesOf?.(name, plain) ?? []), ...usualValues(type.fields[name]!)]) {
    if (!known.has(value.value)) known.set(value.value, value)
  }
  const found = ranked([...known.values()], plain, ({ value }) => value).map(({ value, count }): Completion => {
    const insert = isQuoted ? printQuoted(value) : spellValue(value)
    const completion = { kind: 'value' as const, label: value, insert, replaced }
    return count === undefined ? completion : { ...completion, detail: String(count) }
  })
  return typed === '' && wanted.after !== 'comparison' && !isQuoted ? [...found, existence(replaced)] : found
}

const existence = (replaced: Span): Completion => ({
  kind: 'value',
  label: '*',
  insert: '*',
  replaced,
  detail: 'has a value',
})

const conjunctionWords: readonly (readonly [string, string])[] = [
  ['and', 'both are true'],
  ['or', 'one of them is true'],
]

function conjunctions({ replaced, typed, closing }: Situation): readonly Completion[] {
  const words = conjunctionWords
    .filter(([word]) => rank(word, typed) === 0)
    .map(([word, detail]): Completion => ({ kind: 'conjunction', label: word, insert: `${word} `, replaced, detail }))
  const close =
    closing && typed === '' ? [{ kind: 'operator' as const, label: closing, insert: closing, replaced }] : []
  return [...words, ...close]
}

/** `action: deny a`: the value may go on, or `and` begin. */
function conjunctionsForLastWord(situation: Situation): readonly Completion[] {
  const { lastWord, wanted } = situation
  if (!lastWord || wanted.kind === 'conjunction') return []
  return conjunctions({ ...situation, ...lastWord, closing: undefined })
}

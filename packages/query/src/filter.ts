// The filter tree: what KQL, Calico's alert language and the console's pills all spell. It knows names and texts, not
// types; `bind` (bind.ts) gives it the types of one log type and decides what each leaf means.

/**
 * A text with wildcards between its pieces: `a*b` is `['a', 'b']`, a text without wildcard has one piece, `*` alone is
 * `['', '']`. A star that stands for itself is part of a piece.
 */
export interface Literal {
  readonly pieces: readonly string[]
  /** What stands between the pieces, where not all are `any`: `one` is exactly one character (`?` in Calico's sets). */
  readonly gaps?: readonly Gap[]
  /** Written between double quotes: a phrase in free text, never a keyword. */
  readonly quoted: boolean
}

export type Gap = 'any' | 'one'

export type Comparison = '<' | '<=' | '>' | '>='

export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  /** `field: value`; without a field, any field of the log type. `field: *` is `exists`. */
  | { readonly kind: 'is'; readonly field: Literal | undefined; readonly value: Literal }
  | { readonly kind: 'range'; readonly field: Literal; readonly comparison: Comparison; readonly value: Literal }
  | { readonly kind: 'exists'; readonly field: Literal }
  /** `field: { … }`: one element of a list meets the whole inner filter. */
  | { readonly kind: 'nested'; readonly field: Literal; readonly filter: Filter }

/** Matches every row. */
export const all: Filter = { kind: 'all' }

/** A text that stands for itself. */
export const literal = (text: string, quoted = false): Literal => ({ pieces: [text], quoted: quoted || text === '' })

/** A field that has one value: nothing in it is a wildcard or a keyword. */
export const fieldIs = (field: string, value: string): Filter => ({
  kind: 'is',
  field: literal(field),
  value: literal(value, true),
})

/** Matches what all of the filters match. */
export const allOf = (...filters: readonly Filter[]): Filter => chain('and', filters)

/** Matches what one of the filters matches. */
export const anyOf = (...filters: readonly Filter[]): Filter => chain('or', filters)

/** One filter alone is itself, as the parsers give it. */
const chain = (kind: 'and' | 'or', filters: readonly Filter[]): Filter =>
  filters.length === 1 ? filters[0]! : { kind, filters }

/** A field that has one of some values. */
export const fieldIsOneOf = (field: string, values: readonly string[]): Filter =>
  anyOf(...values.map((value) => fieldIs(field, value)))

/** Whether a literal is the single star that asks for existence. */
export const isStar = ({ pieces, gaps, quoted }: Literal): boolean =>
  !quoted && !gaps && pieces.length > 1 && pieces.join('') === ''

/** Whether a literal holds a wildcard. */
export const hasWildcard = ({ pieces }: Literal): boolean => pieces.length > 1

/** A literal as it reads, wildcards and all, without escapes. */
export function writtenText({ pieces, gaps }: Literal): string {
  return pieces
    .map((piece, index) => (index === 0 ? piece : `${gaps?.[index - 1] === 'one' ? '?' : '*'}${piece}`))
    .join('')
}

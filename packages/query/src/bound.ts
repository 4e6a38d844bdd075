// A filter with its meaning decided: fields exist, values have their field's type, times are numbers. Both engines (SQL in
// the store, memory in match.ts) read this one form, so that what a query means is decided in one place only.
import type { Cidr, IpBytes } from '@margay/model'
import type { Comparison, Gap } from './filter.ts'

/**
 * A test of one value. On a list field it holds if any element passes. An absent value passes no test; negation is
 * always a `not` around it, so that rows without the field are found by it.
 */
export type Test =
  | { readonly kind: 'present' }
  /** The whole text, case and all (the value is folded as its field says). */
  | { readonly kind: 'equals'; readonly text: string }
  /**
   * The whole value as text, a number by its decimal digits, an address by its printed form; anything, line breaks too,
   * between the pieces, of which there are two or more; where `gaps` says `one`, exactly one character (code point).
   * `anyCase` on free text only.
   */
  | {
      readonly kind: 'like'
      readonly pieces: readonly string[]
      readonly gaps?: readonly Gap[]
      readonly anyCase?: true
    }
  /** By the order of UTF-8 bytes. */
  | { readonly kind: 'compareText'; readonly comparison: Comparison; readonly text: string }
  /** All 64 bits exact. Times are Unix seconds. A threshold may be negative or beyond 64 bits. */
  | { readonly kind: 'compareNumber'; readonly comparison: Comparison | '='; readonly value: bigint }
  | { readonly kind: 'inBlock'; readonly cidr: Cidr }
  | { readonly kind: 'compareIp'; readonly comparison: Comparison; readonly bytes: IpBytes }
  | { readonly kind: 'isTrue' }
  | { readonly kind: 'isFalse' }
  /** Free text: every word occurs somewhere, in any case. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Free text: the pieces occur in order, in any case. */
  | { readonly kind: 'phrase'; readonly pieces: readonly string[] }
  /** A policy hit: the text equals one of its parts, neighbouring parts joined by `|`, or the bare policy name (hit.ts). */
  | { readonly kind: 'hit'; readonly text: string }

export type BoundFilter =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly filters: readonly BoundFilter[] }
  | { readonly kind: 'not'; readonly filter: BoundFilter }
  /** A test of a field of the row; inside `element`, of that member of the one element. */
  | { readonly kind: 'test'; readonly field: string; readonly test: Test }
  /**
   * One element of these parallel lists (equal lengths, at least one list) meets the inner filter, whose tests name only
   * these fields. The inner filter may be the constant true: there is an element. Elements do not stand in elements.
   */
  | { readonly kind: 'element'; readonly fields: readonly string[]; readonly filter: BoundFilter }

/** A test of a field. */
export const test = (field: string, test: Test): BoundFilter => ({ kind: 'test', field, test })

const constant = (value: boolean): BoundFilter => ({ kind: 'constant', value })

/** All of the filters hold; without filters, true. Constants and chains within the chain are resolved. */
export const every = (...filters: readonly BoundFilter[]): BoundFilter => chain('and', true, filters)

/** One of the filters holds; without filters, false. */
export const some = (...filters: readonly BoundFilter[]): BoundFilter => chain('or', false, filters)

function chain(kind: 'and' | 'or', neutral: boolean, filters: readonly BoundFilter[]): BoundFilter {
  const kept: BoundFilter[] = []
  for (const filter of filters) {
    if (filter.kind === kind) kept.push(...filter.filters)
    else if (filter.kind !== 'constant') kept.push(filter)
    else if (filter.value !== neutral) return filter
  }
  if (kept.length === 0) return constant(neutral)
  return kept.length === 1 ? kept[0]! : { kind, filters: kept }
}

/** The filter does not hold. */
export function negated(filter: BoundFilter): BoundFilter {
  if (filter.kind === 'constant') return constant(!filter.value)
  return filter.kind === 'not' ? filter.filter : { kind: 'not', filter }
}

export const always: BoundFilter = constant(true)
export const never: BoundFilter = constant(false)

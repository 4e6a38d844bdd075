// A filter with its meaning decided: fields exist, values have their field's type, times are numbers. Both engines (SQL in
// the store, memory in match.ts) read this one form, so that what a query means is decided in one place only.
import type { Cidr, IpBytes } from '@margay/model'
import type { Comparison } from './filter.ts'

/**
 * A test of one value. On a list field it holds if any element passes. An absent value passes no test; negation is
 * always a `not` around it, so that rows without the field are found by it.
 */
export type Test =
  | { readonly kind: 'present' }
  /** The whole text, case and all (the value is folded as its field says). */
  | { readonly kind: 'equals'; readonly text: string }
  /** The value as text, a number by its decimal digits, an address by its printed form; anything between the pieces. */
  | { readonly kind: 'like'; readonly pieces: readonly string[] }
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
  /** A policy hit: the text equals one of its parts, the bare policy name, or neighbouring parts joined by `|`. */
  | { readonly kind: 'hit'; readonly text: string }

export type BoundFilter =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly filters: readonly BoundFilter[] }
  | { readonly kind: 'not'; readonly filter: BoundFilter }
  /** A test of a field of the row; inside `element`, of that member of the one element. */
  | { readonly kind: 'test'; readonly field: string; readonly test: Test }
  /** One element of these parallel lists (equal lengths) meets the inner filter, whose tests name these fields. */
  | { readonly kind: 'element'; readonly fields: readonly string[]; readonly filter: BoundFilter }

// What is wrong with a query, said so that it can be mended: where, what, and what to write instead.

/** Characters of the query text, from (inclusive) to (exclusive), in UTF-16 units as editors count. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * An error or a remark. The span is absent only where the filter was not written as text (a pill, a stored tree).
 * The message is lower case without final stop; the hint is what to write or to look at.
 */
export interface Problem extends Partial<Span> {
  readonly message: string
  readonly hint?: string
}

/** A problem of a text: always has its place. */
export type TextProblem = Problem & Span

/** Where the parts of a filter stand in the text that they were read from, by identity of the filter or literal. */
export type Positions = ReadonlyMap<object, Span>

/** What a parser gives: the filter and where its parts stand, or at least one error in order of place. */
export type Parsed<F> =
  | { readonly ok: true; readonly filter: F; readonly positions: Positions }
  | { readonly ok: false; readonly errors: readonly [TextProblem, ...TextProblem[]] }

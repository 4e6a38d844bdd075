// What the console asks of the query language: whether a query can be asked at all. The language itself is packages/query.
import type { Pill } from '../view/pill.ts'

/** Why a query cannot be asked, in the language's own words. */
export interface QueryProblem {
  readonly message: string
  readonly hint?: string | undefined
  /** Characters of the query bar's text; absent where a pill is at fault. */
  readonly from?: number
  readonly to?: number
}

/** The first fault of the query or of a pill that is on, or undefined if all can be asked. */
export function queryProblem(
  _logType: string,
  _query: string,
  _pills: readonly Pill[],
  _zone: string,
  _now: number,
): QueryProblem | undefined {
  return undefined
}

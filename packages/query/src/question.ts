// The question: what a log table, a histogram, a graph, a CSV, a CLI command and an alert all ask. It is a value: the store
// compiles it, live tail matches it in memory, the API carries it as JSON (with its filter as KQL text).
import type { Row, Value } from '@margay/model'
import type { Filter } from './filter.ts'

/** A moment in Unix seconds, or seconds before the moment at which the question is asked. */
export type Moment = { readonly at: number } | { readonly ago: number }

/** From (inclusive) to (exclusive). */
export interface TimeRange {
  readonly from: Moment
  readonly to: Moment
}

/**
 * A column to group by: a field, the start of a time bucket of so many seconds, or whether the row counts in this search,
 * which is what `reports: 'counted'` would keep.
 */
export type GroupKey = { readonly field: string } | { readonly timeBucket: number } | { readonly counted: true }

export type Measure =
  | { readonly rows: true }
  | { readonly sum: string }
  | { readonly max: string }
  | { readonly min: string }
  /** Weighted as the field's merge rule says. */
  | { readonly mean: string }
  /** Distinct values, exact. */
  | { readonly distinct: string }
  | { readonly quantile: string; readonly at: number }
  /** The distinct values of a field within the group, at most `limit`, in text order. */
  | { readonly values: string; readonly limit: number }

export interface SelectRows {
  readonly kind: 'rows'
  /** Fields wanted; absent means all. The time field is always there. */
  readonly fields?: readonly string[]
  readonly sort: { readonly field: string; readonly descending: boolean }
  readonly limit: number
  /** Where the page before ended, as the answer gave it. */
  readonly cursor?: string
}

export interface SelectGroups {
  readonly kind: 'groups'
  readonly by: readonly GroupKey[]
  /** Measures by the name they have in the answer. */
  readonly measures: { readonly [name: string]: Measure }
  /** By a measure's name, or by the keys where absent. Ties are broken by the keys, so that an answer is stable. */
  readonly sort?: { readonly measure: string; readonly descending: boolean }
  readonly limit: number
}

export interface Question {
  readonly logType: string
  readonly range: TimeRange
  readonly filter: Filter
  /** IANA time zone in which dates of the filter are meant; UTC where absent. */
  readonly zone?: string
  /**
   * `counted` leaves out the reports that would count a conversation twice; for totals. Where the search holds but one of
   * a conversation's two reports, that one counts (see reports.ts). Log types whose rows have one reporter ignore it.
   */
  readonly reports: 'every' | 'counted'
  /** The search within which reports count, where `filter` is a part of it; the filter itself where absent. */
  readonly among?: Filter
  readonly select: SelectRows | SelectGroups
}

export interface Group {
  /** Values in the order of `by`; undefined where the field is absent, Unix seconds for a time bucket. */
  readonly key: readonly (Value | undefined)[]
  /** Values by measure name. Sums may exceed 64 bits and are bigint then. */
  readonly measures: { readonly [name: string]: Value | undefined }
}

export type Answer =
  | {
      readonly kind: 'rows'
      readonly rows: readonly Row[]
      /** Given where more rows follow. */
      readonly cursor?: string
    }
  | {
      readonly kind: 'groups'
      readonly groups: readonly Group[]
      /** Groups left out by the limit are counted here and their measures are in no group. */
      readonly truncated: boolean
    }

/** What an answer cost and how far it can be trusted, beside it. */
export interface Effort {
  readonly rowsRead: number
  readonly elapsedMs: number
  /** The table that answered: the log itself, or a roll-up. */
  readonly source: string
  /** The resolved range, Unix seconds. */
  readonly from: number
  readonly to: number
  readonly exact: boolean
}

/** Resolves a moment against the present, Unix seconds. */
export function resolveMoment(moment: Moment, now: number): number {
  return 'at' in moment ? moment.at : now - moment.ago
}

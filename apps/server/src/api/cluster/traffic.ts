// Questions to the flow log whose answers stand beside objects. A figure that could not be had is undefined, and the answer
// says why; it is never a zero. What must stay true: the figures are of the cluster whose objects are shown, and an answer that
// was cut is no answer.
import type { Value } from '@margay/model'
import { flowLog } from '@margay/model'
import type { Filter, Group, Measure, Question } from '@margay/query'
import { all, allOf, fieldIs } from '@margay/query'
import { StoreError } from '@margay/store'
import type { Counter, Unknown } from '@margay/wire'
import { ApiError } from '../../http/problem.ts'
import { ObjectsUnread } from '../../objects/index.ts'
import { TooManyRules, ofCluster } from '../../policy-use/index.ts'
import type { ApiDeps } from '../context.ts'
import type { Range } from './as-of.ts'

export interface FlowGroups {
  readonly filter?: Filter
  /** Fields, and at most one time bucket. */
  readonly by: readonly (string | { readonly timeBucket: number })[]
  readonly measures: Readonly<Record<string, Measure>>
  /** The heaviest by it are kept where there are more than `limit`. */
  readonly heaviest?: string
  readonly limit?: number
  /** As in a question; `every` unless given. */
  readonly reports?: Question['reports']
}

export interface TrafficDeps {
  readonly store: Pick<ApiDeps['store'], 'ask'>
  readonly cluster: string
  /** Unix seconds. */
  readonly now: () => number
  readonly signal: AbortSignal
}

const mostGroups = 100_000

export const isDenied = fieldIs('action', 'deny')

/** Groups of the cluster's flows in a range; `truncated` where there were more than the limit. */
export async function askFlows(
  range: Range,
  { filter = all, by, measures, heaviest, limit = mostGroups, reports = 'every' }: FlowGroups,
  { store, cluster, now, signal }: TrafficDeps,
): Promise<{ readonly groups: readonly Group[]; readonly truncated: boolean }> {
  const question: Question = {
    logType: flowLog.name,
    range: { from: { at: range.from }, to: { at: range.to } },
    filter: allOf(filter, ofCluster(cluster)),
    reports,
    select: {
      kind: 'groups',
      by: by.map((key) => (typeof key === 'string' ? { field: key } : key)),
      measures,
      limit,
      ...(heaviest !== undefined && { sort: { measure: heaviest, descending: true } }),
    },
  }
  const { answer } = await store.ask(question, { now: now(), signal })
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  return answer
}

/** All groups. Rejects with `too_much` where there are more than are read: sums of some of them would be wrong. */
export async function askAllFlows(range: Range, asked: FlowGroups, deps: TrafficDeps): Promise<readonly Group[]> {
  const { groups, truncated } = await askFlows(range, asked, deps)
  if (!truncated) return groups
  throw new ApiError('too_much', `more than ${asked.limit ?? mostGroups} groups of flows`, {
    hint: 'ask for a shorter time of the traffic',
  })
}

/** A counter that was summed; absent measures are sums of nothing. */
export const counterOf = (value: Value | undefined): Counter =>
  typeof value === 'number' || typeof value === 'bigint' ? value : 0

export function addCounters(a: Counter, b: Counter): Counter {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a + b)) return a + b
  return BigInt(a) + BigInt(b)
}

/** Either what was asked for, or why it is not known; a question that the client gave up is an error as ever. */
export type Known<T> =
  | { readonly value: T; readonly unknown: readonly [] }
  | { readonly value: undefined; readonly unknown: readonly Unknown[] }

/** Faults that leave a part of an answer unknown, and nothing else wrong. */
const isTold = (error: unknown): error is StoreError | ObjectsUnread | TooManyRules | ApiError =>
  error instanceof StoreError ||
  error instanceof ObjectsUnread ||
  error instanceof TooManyRules ||
  (error instanceof ApiError && error.code === 'too_much')

export async function orUnknown<T>(what: string, signal: AbortSignal, asked: Promise<T>): Promise<Known<T>> {
  try {
    return { value: await asked, unknown: [] }
  } catch (error) {
    if (signal.aborted || !isTold(error)) throw error
    const hint = 'hint' in error ? error.hint : undefined
    return { value: undefined, unknown: [{ what, why: error.message, ...(hint !== undefined && { hint }) }] }
  }
}

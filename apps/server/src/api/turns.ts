// Long lists in steps, so that no answer holds the others up: the event loop that answers people has a turn for everybody
// between two of them.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ApiError } from './problem.ts'

/** Values that are worked on in one turn: some milliseconds where one takes some microseconds. */
const usualStep = 500

/** Gives `each` of the values, in steps. Rejects with `cancelled` where `signal` aborted meanwhile. */
export async function inTurns<T, R>(
  values: readonly T[],
  each: (value: T) => R,
  { step = usualStep, signal }: { readonly step?: number; readonly signal?: AbortSignal } = {},
): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < values.length; from += step) {
    if (from > 0) await nextTurn()
    if (signal?.aborted) throw new ApiError('cancelled', 'whoever asked is gone')
    for (const value of values.slice(from, from + step)) results.push(each(value))
  }
  return results
}

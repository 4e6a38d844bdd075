// Long lists in steps, so that no answer holds the others up: the event loop that answers people has a turn for everybody
// between two of them.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ApiError } from '../http/problem.ts'

/** Throws `cancelled` where nobody waits for the answer any more. */
export function checkAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ApiError('cancelled', 'whoever asked is gone')
}

/** Values that are worked on in one turn: some milliseconds where one takes some microseconds. */
const usualStep = 500

/** Runs work that comes in steps. Rejects with `cancelled` where `signal` aborted meanwhile. */
export async function runSteps<T>(steps: Generator<void, T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await nextTurn()
    checkAsked(signal)
  }
}

/** Gives `each` of the values, in steps. Rejects with `cancelled` where `signal` aborted meanwhile. */
export async function inTurns<T, R>(
  values: readonly T[],
  each: (value: T) => R,
  { step = usualStep, signal }: { readonly step?: number; readonly signal?: AbortSignal } = {},
): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < values.length; from += step) {
    if (from > 0) await nextTurn()
    checkAsked(signal)
    for (const value of values.slice(from, from + step)) results.push(each(value))
  }
  return results
}

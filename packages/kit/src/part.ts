// A part is the unit that a process is built from: made by `createX(config, deps)`, which opens nothing, and brought to
// life by `run`. What a part needs is handed to it; `main.ts` of a process builds all parts by hand, top to bottom.

export interface Part {
  /** Name in logs, metrics and health: kebab-case. */
  readonly name: string
  /**
   * Works until `signal` aborts, then tidies up and resolves. Rejects when the part died. It may be called again after
   * it rejected, so everything it opens is opened inside.
   */
  run(signal: AbortSignal): Promise<void>
}

/** Milliseconds since 1970. Handed to whatever needs a clock, so that a test can hold it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** Resolves after `ms` or at once when `signal` aborts; never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/**
 * Resolves once the promise does, or after `ms` without it; rejects as it rejects meanwhile. The time is not waited for any
 * more then: a timer that is left running keeps its process or thread from ending.
 */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const settled = new AbortController()
  try {
    await Promise.race([promise, sleep(ms, settled.signal)])
  } finally {
    settled.abort()
  }
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

// News without content: whoever waits for the next is woken, and looks for himself what it was.

export interface Bell {
  /** Wakes everybody who waits. */
  readonly ring: () => void
  /** Resolves at the next ring, or when the signal aborts; never rejects. */
  readonly next: (signal: AbortSignal) => Promise<void>
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring() {
      for (const wake of waiting) wake()
    },
    next: (signal) =>
      new Promise((resolve) => {
        const done = () => {
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
        if (signal.aborted) done()
      }),
  }
}

// How long to wait before the next try. Pure: chance is handed in, so that a test knows every wait.

export interface BackoffConfig {
  readonly firstMs: number
  readonly mostMs: number
  /** Each wait is this many times the one before. */
  readonly factor?: number
}

export interface Backoff {
  /** The wait before the next try; each call counts as one failure. */
  next(): number
  /** Something worked: the next failure waits `firstMs` again. */
  reset(): void
  readonly failures: number
}

/**
 * Waits grow to `mostMs`. Half of each wait is by chance, so that many agents that lost one server do not come back in
 * the same instant.
 */
export function createBackoff(config: BackoffConfig, chance: () => number = Math.random): Backoff {
  const factor = config.factor ?? 2
  let failures = 0
  return {
    next() {
      const wait = Math.min(config.mostMs, config.firstMs * factor ** failures)
      failures++
      return Math.round(wait / 2 + (wait / 2) * chance())
    },
    reset() {
      failures = 0
    },
    get failures() {
      return failures
    },
  }
}

// Answers that are kept for a short time, so that a page with forty questions does not ask the API server forty times.
// Whoever asks while an answer is on its way waits for the same one. Failures are not kept.

export interface KeptConfig<V> {
  readonly max: number
  /** Milliseconds for which an answer is good. */
  readonly keepMs: (value: V) => number
  /** Unix milliseconds. */
  readonly clock: () => number
}

interface Entry<V> {
  readonly answer: Promise<V>
  until: number
}

/** `key` must not be a secret: it stays in memory as long as the answer. */
export type Kept<V> = (key: string, ask: () => Promise<V>) => Promise<V>

export function createKept<V>({ max, keepMs, clock }: KeptConfig<V>): Kept<V> {
  const entries = new Map<string, Entry<V>>()
  return (key, ask) => {
    const found = entries.get(key)
    if (found && clock() < found.until) return found.answer
    entries.delete(key)
    if (entries.size >= max) entries.delete(entries.keys().next().value!)
    const entry: Entry<V> = { answer: ask(), until: Infinity }
    entries.set(key, entry)
    entry.answer.then(
      (value) => (entry.until = clock() + keepMs(value)),
      () => void (entries.get(key) === entry && entries.delete(key)),
    )
    return entry.answer
  }
}

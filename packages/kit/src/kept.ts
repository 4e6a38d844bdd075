// Answers that are costly to find and are kept, the newest few by key, so that a page with forty questions does not have each
// of them answered anew. Whoever asks while an answer is on its way waits for the same one. Failures are not kept.
import { setNewest } from './newest.ts'
import { systemClock } from './part.ts'

export interface KeptConfig<V> {
  readonly max: number
  /** Milliseconds for which an answer is good; for ever unless given. */
  readonly keepMs?: (value: V) => number
  /** Unix milliseconds. */
  readonly clock?: () => number
}

interface Entry<V> {
  readonly answer: Promise<V>
  until: number
}

/** `key` must not be a secret: it stays in memory as long as the answer. */
export type Kept<V, K = string> = (key: K, ask: () => Promise<V>) => Promise<V>

const forEver = () => Infinity

export function createKept<V, K = string>({ max, keepMs = forEver, clock = systemClock }: KeptConfig<V>): Kept<V, K> {
  const entries = new Map<K, Entry<V>>()
  return (key, ask) => {
    const found = entries.get(key)
    if (found && clock() < found.until) return found.answer
    const entry = setNewest<K, Entry<V>>(entries, key, { answer: ask(), until: Infinity }, max)
    entry.answer.then(
      (value) => (entry.until = clock() + keepMs(value)),
      () => void (entries.get(key) === entry && entries.delete(key)),
    )
    return entry.answer
  }
}

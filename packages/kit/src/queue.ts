// A queue with a limit, between a part that makes and a part that takes. Full is said to the maker, or the oldest goes and
// is counted; it never grows beyond its limit.

export interface QueueConfig<T> {
  readonly limit: number
  /** What an item weighs against the limit; 1 where not given. */
  readonly weigh?: (item: T) => number
  readonly whenFull: 'refuse' | 'drop-oldest'
  /** Called for each item that was dropped to make room. */
  readonly onDrop?: (item: T) => void
}

export interface Queue<T> {
  /** False if the item was refused: the queue is full, or the item alone is over the limit. */
  push(item: T): boolean
  /** Puts an item that was taken back to the front, over the limit if need be. */
  unshift(item: T): void
  /** The oldest item, or undefined where nothing waits. */
  shift(): T | undefined
  /** Waits for an item; undefined when `signal` aborts first. */
  take(signal: AbortSignal): Promise<T | undefined>
  readonly length: number
  readonly weight: number
  readonly limit: number
}

export function createQueue<T>(config: QueueConfig<T>): Queue<T> {
  const weigh = config.weigh ?? (() => 1)
  let items: T[] = []
  let head = 0
  let weight = 0
  const waiting = new Set<() => void>()

  const shift = (): T | undefined => {
    if (head === items.length) return undefined
    const item = items[head]!
    head++
    weight -= weigh(item)
    // Taken items are cut off in one go, when they are most of the array: shift() of an array is linear.
    if (head > 1024 && head * 2 > items.length) {
      items = items.slice(head)
      head = 0
    }
    return item
  }
  const makeRoom = (needed: number): boolean => {
    if (needed > config.limit) return false
    if (config.whenFull === 'refuse') return weight + needed <= config.limit
    while (weight + needed > config.limit) config.onDrop?.(shift()!)
    return true
  }
  const nextPush = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  return {
    push(item) {
      const needed = weigh(item)
      if (!makeRoom(needed)) return false
      items.push(item)
      weight += needed
      for (const wake of waiting) wake()
      return true
    },
    unshift(item) {
      items = [item, ...items.slice(head)]
      head = 0
      weight += weigh(item)
      for (const wake of waiting) wake()
    },
    shift,
    async take(signal) {
      while (head === items.length && !signal.aborted) await nextPush(signal)
      return signal.aborted ? undefined : shift()
    },
    get length() {
      return items.length - head
    },
    get weight() {
      return weight
    },
    limit: config.limit,
  }
}

// A queue with a limit, between a part that makes and a part that takes. Full is said to the maker, or the oldest goes and
// is counted; it never grows beyond its limit.
import { createBell } from './bell.ts'

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
  const bell = createBell()

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
  return {
    push(item) {
      const needed = weigh(item)
      if (!makeRoom(needed)) return false
      items.push(item)
      weight += needed
      bell.ring()
      return true
    },
    unshift(item) {
      items = [item, ...items.slice(head)]
      head = 0
      weight += weigh(item)
      bell.ring()
    },
    shift,
    async take(signal) {
      while (head === items.length && !signal.aborted) await bell.next(signal)
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

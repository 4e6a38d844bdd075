// Rows as they come, to whoever watches. Each subscription is a filter that is matched in memory; nobody watching costs one
// comparison a batch. Nothing waits for a reader: what a subscription cannot hold is counted and left out.
import type { LogType, Row } from '@margay/model'
import type { BoundFilter, Match } from '@margay/query'
import { compileMatch } from '@margay/query'

/** Rows of one log type that became known together. Provisional ones are the last second's deltas, never stored. */
export interface LiveBatch {
  readonly logType: string
  readonly provisional: boolean
  readonly rows: readonly Row[]
}

export interface Subscription {
  readonly logType: LogType
  readonly filter: BoundFilter
}

export interface Pending {
  readonly lasting: readonly Row[]
  readonly provisional: readonly Row[]
}

export interface Subscriber {
  /** What came since the last call, or undefined where nothing did. */
  take(): Pending | undefined
  /** Rows left out since the subscription began. */
  readonly dropped: number
  close(): void
}

export interface LiveConfig {
  /** Rows that a subscription may hold between two calls of `take`. */
  readonly maxPending: number
  /** Rows that ended longer ago are history that is brought in, and no news. Two minutes unless given. */
  readonly newsSeconds?: number
}

/** An agent's interval, its way here, and a short outage. */
const usualNewsSeconds = 120

export interface Live {
  publish(batch: LiveBatch): void
  subscribe(subscription: Subscription): Subscriber
  /** Whether somebody watches; agents send deltas only then. */
  watched(): boolean
  /** Unix seconds of the end of the newest interval seen, or undefined before the first row. */
  newest(): number | undefined
  /** Subscriptions now, and rows left out of all of them since the start. */
  state(): { readonly subscriptions: number; readonly dropped: number }
}

interface Entry {
  readonly logType: string
  readonly matches: Match
  lasting: Row[]
  provisional: Row[]
  dropped: number
}

/** When a row's interval ended, or when the one thing happened that it tells of. */
const endOf = ({ end_time: end, start_time: start, time }: Row): number => Number(end ?? start ?? time ?? 0)
/** Rows of intervals come late, which is told to people; what tells of a moment says nothing of that. */
const isInterval = ({ time }: Row): boolean => time === undefined

/** `now` gives Unix seconds. */
export function createLive(
  { maxPending, newsSeconds = usualNewsSeconds }: LiveConfig,
  now: () => number = () => Math.floor(Date.now() / 1000),
): Live {
  const entries = new Set<Entry>()
  let newest: number | undefined
  let droppedByClosed = 0

  const offer = (entry: Entry, { rows, provisional }: LiveBatch, since: number) => {
    const held = provisional ? entry.provisional : entry.lasting
    for (const row of rows) {
      if (endOf(row) < since || !entry.matches(row)) continue
      if (entry.lasting.length + entry.provisional.length < maxPending) held.push(row)
      else entry.dropped++
    }
  }
  return {
    publish(batch) {
      for (const row of batch.rows) if (isInterval(row) && endOf(row) > (newest ?? 0)) newest = endOf(row)
      const since = now() - newsSeconds
      for (const entry of entries) if (entry.logType === batch.logType) offer(entry, batch, since)
    },
    subscribe({ logType, filter }) {
      const matches = compileMatch(filter, logType)
      const entry: Entry = { logType: logType.name, matches, lasting: [], provisional: [], dropped: 0 }
      entries.add(entry)
      return {
        take() {
          const { lasting, provisional } = entry
          if (lasting.length === 0 && provisional.length === 0) return undefined
          entry.lasting = []
          entry.provisional = []
          return { lasting, provisional }
        },
        get dropped() {
          return entry.dropped
        },
        close() {
          if (entries.delete(entry)) droppedByClosed += entry.dropped
        },
      }
    },
    watched: () => entries.size > 0,
    newest: () => newest,
    state: () => ({
      subscriptions: entries.size,
      dropped: [...entries].reduce((sum, { dropped }) => sum + dropped, droppedByClosed),
    }),
  }
}

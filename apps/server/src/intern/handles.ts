// The store's handles for series that were named: found by the agent's series and the ids of its ends. Bounded; the one
// that was longest unused is forgotten, and is simply coded again when it comes back.
import type { Row } from '@margay/model'
import type { BlockBuilder } from '@margay/store'

export interface Handle {
  readonly handle: number
  /** For rows that are shown live. */
  readonly dimensions: Row
}

export interface Handles {
  /** `make` gives the dimensions of a key that is not known. */
  get(key: string, builder: BlockBuilder, make: () => Row): Handle
  /** Forgets what is over the limit. Called between segments. */
  trim(): void
  readonly size: number
}

interface Entry extends Handle {
  readonly builder: BlockBuilder
  /** The round in which it was last used. */
  round: number
}

export function createHandles(config: { readonly limit: number }): Handles {
  const entries = new Map<string, Entry>()
  let round = 0
  return {
    get(key, builder, make) {
      const known = entries.get(key)
      if (known) {
        known.round = round
        return known
      }
      const dimensions = make()
      const entry: Entry = { handle: builder.series(dimensions), dimensions, builder, round }
      entries.set(key, entry)
      return entry
    },
    trim() {
      round++
      const over = entries.size - config.limit
      if (over <= 0) return
      // A tenth more than needed, so that a full table is not sorted after every segment.
      const oldest = [...entries].sort(([, a], [, b]) => a.round - b.round).slice(0, over + config.limit / 10)
      for (const [key, { builder, handle }] of oldest) {
        builder.forget(handle)
        entries.delete(key)
      }
    },
    get size() {
      return entries.size
    },
  }
}

// The store's handles for series that were named. They hang where they are looked for (the definition of an agent's series)
// and are bounded here as a whole: the ones longest unused are forgotten, and are simply coded again when they come back.
import type { Row } from '@margay/model'
import type { BlockBuilder } from '@margay/store'

export interface Handle {
  readonly handle: number
  /** For rows that are shown live. */
  readonly dimensions: Row
}

/** Where handles hang, by whatever tells them apart there. Filled and emptied by `Handles` only. */
export type HandlePlace = Map<number | string, Entry>

/** Places in two levels, so that a key of three parts needs no text. */
export type HandlePlaces = Map<number | string, HandlePlace>

/** The place of a group of keys, made where there is none. */
export function placeOf(places: HandlePlaces, group: number | string): HandlePlace {
  const known = places.get(group)
  if (known) return known
  const place: HandlePlace = new Map()
  places.set(group, place)
  return place
}

export interface Handles {
  /** `make` gives the dimensions of a key that is not known. */
  get(place: HandlePlace, key: number | string, builder: BlockBuilder, make: () => Row): Entry
  /** The entry is used again. */
  touch(entry: Entry): void
  /** Forgets what is over the limit. Called between segments. */
  trim(): void
  readonly size: number
}

export interface Entry extends Handle {
  readonly place: HandlePlace
  readonly key: number | string
  readonly builder: BlockBuilder
  /** The round in which it was last used. */
  round: number
  isForgotten: boolean
}

/** Where the handle of a row's like hangs for whoever looks for it again and again: one look instead of two look-ups. */
export interface HandleSlot {
  entry: Entry | undefined
  /** What it is the handle of; compared by identity. */
  readonly of: { definition: unknown; source: number; dest: number; service: number; judgement: number }
}

export const createHandleSlot = (): HandleSlot => ({
  entry: undefined,
  of: { definition: undefined, source: 0, dest: 0, service: 0, judgement: 0 },
})

export function createHandles(config: { readonly limit: number }): Handles {
  const entries = new Set<Entry>()
  let round = 0
  return {
    get(place, key, builder, make) {
      const known = place.get(key)
      if (known) {
        known.round = round
        return known
      }
      const dimensions = make()
      const entry: Entry = {
        place,
        key,
        handle: builder.series(dimensions),
        dimensions,
        builder,
        round,
        isForgotten: false,
      }
      place.set(key, entry)
      entries.add(entry)
      return entry
    },
    touch: (entry) => void (entry.round = round),
    trim() {
      round++
      const over = entries.size - config.limit
      if (over <= 0) return
      // A tenth more than needed, so that a full table is not sorted after every segment.
      const oldest = [...entries].sort((a, b) => a.round - b.round).slice(0, over + config.limit / 10)
      for (const entry of oldest) {
        entry.builder.forget(entry.handle)
        entry.place.delete(entry.key)
        entries.delete(entry)
        entry.isForgotten = true
      }
    },
    get size() {
      return entries.size
    },
  }
}

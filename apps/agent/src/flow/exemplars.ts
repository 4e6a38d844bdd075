// A few connections of an interval kept whole: those that went wrong or were slow. Of many the oldest and the newest are
// kept, since the one tells how it began and the other how it is now; how many there were is counted. Texts are made
// when a row is written, not for each connection.
import { setNewest } from '@margay/kit'
import type { Exemplar, Row } from '@margay/model'
import { printExemplar } from '@margay/model'

export interface ExemplarList {
  /** The same key again is the same connection, seen further on; `isNew` says whether it is counted. */
  keep(key: string, exemplar: Exemplar, isNew: boolean): void
  /** The fields of a row. */
  fields(): Row
}

/** Keeps at most `most`, half of them the oldest. */
export function createExemplarList(most: number): ExemplarList {
  const oldest = new Map<string, Exemplar>()
  const newest = new Map<string, Exemplar>()
  const mostOldest = Math.ceil(most / 2)
  let count = 0
  return {
    keep(key, exemplar, isNew) {
      if (isNew) count++
      if (oldest.has(key) || oldest.size < mostOldest) return void oldest.set(key, exemplar)
      setNewest(newest, key, exemplar, most - mostOldest)
    },
    fields: () => ({ exemplars: [...oldest.values(), ...newest.values()].map(printExemplar), num_exemplars: count }),
  }
}

// What collects the values of one column for one block: row by row, or many rows at once from a batch's own columns. A
// writer is thrown away with its block. Absent is written as the kind's zero, as schema/column.ts says.
import type { Value } from '@margay/model'
import type { RowColumn } from '../store.ts'

export type Numbers = Extract<RowColumn, { kind: 'numbers' }>

export interface ColumnWriter<V> {
  push(value: V | undefined): void
  /** Pushes `dictionary[pick]` for each pick; what an entry needs is done once, not once a row. */
  pushEntries(dictionary: readonly (V | undefined)[], picks: Uint32Array): void
  /** Pushes the numbers of some rows. Only writers of numbers can. */
  pushNumbers(numbers: Numbers, rows: Uint32Array): void
  pushAbsent(count: number): void
  /** The column's data, in pieces. Nothing may be pushed afterwards. */
  bytes(): readonly Uint8Array[]
}

/** `from[places[i]]` for each place. */
export function pick(from: Uint8Array | Uint16Array | Uint32Array, places: Uint32Array): Uint32Array {
  const picked = new Uint32Array(places.length)
  for (let i = 0; i < places.length; i++) picked[i] = from[places[i]!]!
  return picked
}

/** Pushes some rows of a batch's column. */
export function pushColumn(writer: ColumnWriter<unknown>, column: RowColumn | undefined, rows: Uint32Array): void {
  if (column === undefined) writer.pushAbsent(rows.length)
  else if (column.kind === 'numbers') writer.pushNumbers(column, rows)
  else writer.pushEntries(column.dictionary satisfies readonly (Value | undefined)[], pick(column.index, rows))
}

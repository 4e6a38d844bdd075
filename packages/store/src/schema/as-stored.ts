// What the store makes of a row. A live row that went through here answers a filter exactly as the stored one will.
import type { LogType, Row, Value } from '@margay/model'
import { isPresent } from '@margay/model'

const counters = new Set(['count', 'bytes', 'duration'])

/** Elements of the lists together, each once. */
const union = (lists: readonly (Value | undefined)[]): readonly string[] => [
  ...new Set(lists.flatMap((list) => (list ?? []) as readonly string[])),
]

/**
 * The row as it lies in its table: what is absent left out, and 0 for a counter that was not sent, because a table has no
 * other place for it. A filter is asked of this.
 */
export function asStored(type: LogType, row: Row): Row {
  const stored: Row = {}
  for (const [name, field] of Object.entries(type.fields)) {
    const sent = row[name]
    const value = sent === undefined && counters.has(field.kind) ? 0 : sent
    if (isPresent(field, value)) stored[name] = value
  }
  return stored
}

/** The row as an answer shows it: as stored, and lists filled that read as the union of others. */
export function asAnswered(type: LogType, row: Row): Row {
  const answered = asStored(type, row)
  for (const [name, { readsAs }] of Object.entries(type.fields)) {
    if (!readsAs || answered[name] !== undefined) continue
    const elements = union(readsAs.map((other) => row[other]))
    if (elements.length > 0) answered[name] = elements
  }
  return answered
}

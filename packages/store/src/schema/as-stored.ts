// A row as the store gives it back. A live row that goes through here answers a filter exactly as the stored one will.
import type { LogType, Row, Value } from '@margay/model'
import { isPresent } from '@margay/model'

const counters = new Set(['count', 'bytes', 'duration'])

/** Elements of the lists together, each once. */
const union = (lists: readonly (Value | undefined)[]): readonly string[] => [
  ...new Set(lists.flatMap((list) => (list ?? []) as readonly string[])),
]

/**
 * Leaves out what is absent, writes 0 for a counter that was not sent (a table has no other place for it), and fills a
 * field that reads as others.
 */
export function asStored(type: LogType, row: Row): Row {
  const stored: Row = {}
  for (const [name, field] of Object.entries(type.fields)) {
    const sent = row[name]
    const value = sent === undefined && counters.has(field.kind) ? 0 : sent
    const read = field.readsAs && !isPresent(field, value) ? union(field.readsAs.map((other) => row[other])) : value
    if (isPresent(field, read)) stored[name] = read
  }
  return stored
}

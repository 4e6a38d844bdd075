// Names a row by its content, so that a row that is selected can be found again after a reload, in another browser, and
// when it came once by the stream and once by a question. Equal rows are told apart by how many stand before them.
import { printJsonExact, type Row } from '@margay/model'

/** FNV-1a of 32 bits over UTF-16 units, from a start value; two of them make 64 bits. */
function hash(text: string, start: number): number {
  let value = start
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

const known = new WeakMap<Row, string>()

/** `TIME-HASH`: the row's time in Unix seconds and its content in 64 bits, whatever the order of its fields. */
export function rowId(row: Row, time: string): string {
  const found = known.get(row)
  if (found) return found
  const text = printJsonExact(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
  const digits = [hash(text, 0x811c9dc5), hash(text, 0x9747b28c)].map((part) => part.toString(36).padStart(7, '0'))
  const id = `${String(row[time])}-${digits.join('')}`
  known.set(row, id)
  return id
}

/** The ids of rows in their order; the second of two equal rows ends in `~1`. */
export function rowIds(rows: readonly Row[], time: string): readonly string[] {
  const seen = new Map<string, number>()
  return rows.map((row) => {
    const id = rowId(row, time)
    const before = seen.get(id) ?? 0
    seen.set(id, before + 1)
    return before === 0 ? id : `${id}~${before}`
  })
}

/** The time in Unix seconds that an id says. */
export const timeOfId = (id: string): number => Number(id.slice(0, id.indexOf('-')))

/** The content part of an id, without the count of equal rows before it. */
export const contentOfId = (id: string): string => id.split('~')[0]!

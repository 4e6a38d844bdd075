// Where a page of rows ended: the values that its last row is ordered by, and how many rows with all of them equal were
// given already. Text for the outside, which only hands it back.
import { StoreError } from '../errors.ts'

export interface Cursor {
  /** The sort value and the tie values as text: digits, a name, an address. */
  readonly key: readonly string[]
  readonly skip: number
}

export function printCursor({ key, skip }: Cursor): string {
  return Buffer.from(JSON.stringify([skip, ...key])).toString('base64url')
}

/** Reads a cursor whose key has `length` values. Throws `bad_cursor` for anything else. */
export function parseCursor(text: string, length: number): Cursor {
  try {
    const [skip, ...key] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    const isKey = key.length === length && key.every((value) => typeof value === 'string')
    if (isKey && Number.isSafeInteger(skip) && (skip as number) >= 0) return { key, skip: skip as number }
  } catch {
    // Not ours: said below.
  }
  throw new StoreError('bad_cursor', `read the cursor "${text.slice(0, 80)}": it is not one that an answer gave`)
}

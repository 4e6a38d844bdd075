// Where a page of rows ended: the sort value of its last row, the tie value, and how many rows with both equal were given
// already. Text for the outside, which only hands it back.
import { StoreError } from '../errors.ts'

export interface Cursor {
  /** The sort value as text: digits, a name, an address. */
  readonly value: string
  /** Digits of the 64-bit tie value. */
  readonly tie: string
  readonly skip: number
}

export function printCursor({ value, tie, skip }: Cursor): string {
  return Buffer.from(JSON.stringify([value, tie, skip])).toString('base64url')
}

export function parseCursor(text: string): Cursor {
  try {
    const [value, tie, skip] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    const isTie = typeof tie === 'string' && /^\d{1,20}$/.test(tie) && BigInt(tie) < 2n ** 64n
    if (typeof value === 'string' && isTie && Number.isSafeInteger(skip) && (skip as number) >= 0) {
      return { value, tie, skip: skip as number }
    }
  } catch {
    // Not ours: said below.
  }
  throw new StoreError('bad_cursor', `read the cursor "${text.slice(0, 80)}": it is not one that an answer gave`)
}

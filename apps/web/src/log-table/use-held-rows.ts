// Rows that enter at the top while the pointer is over the table wait until it leaves, so that the row under it stays.
import { useState } from 'react'

/** The rows from the first that was there when the pointer came; all rows where that one is gone. Pure. */
export function withoutEntered<R>(rows: readonly R[], anchor: R | undefined): readonly R[] {
  const at = anchor === undefined ? -1 : rows.indexOf(anchor)
  return at > 0 ? rows.slice(at) : rows
}

export function useHeldRows<R>(rows: readonly R[]) {
  const [anchor, setAnchor] = useState<R>()
  const shown = withoutEntered(rows, anchor)
  return {
    shown,
    /** Rows that wait above. */
    held: rows.length - shown.length,
    hold: () => setAnchor(rows[0]),
    release: () => setAnchor(undefined),
  }
}

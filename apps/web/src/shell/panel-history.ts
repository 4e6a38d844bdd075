// The side panel's own history: what was selected, and where in it one is. Pure.
import { sameSelection, type Selection } from '../view/selection.ts'

export interface PanelHistory {
  readonly entries: readonly Selection[]
  readonly at: number
}

export const noHistory: PanelHistory = { entries: [], at: -1 }

/** More than anyone goes back through. */
const longest = 50

/** Adds a selection after the present one, and forgets what came after; the same selection changes nothing. */
export function visit(history: PanelHistory, selection: Selection | undefined): PanelHistory {
  if (!selection || sameSelection(history.entries[history.at], selection)) return history
  const entries = [...history.entries.slice(0, history.at + 1), selection].slice(-longest)
  return { entries, at: entries.length - 1 }
}

export const goTo = (history: PanelHistory, at: number): PanelHistory => ({
  ...history,
  at: Math.min(history.entries.length - 1, Math.max(0, at)),
})

// Queries that were run, newest first, kept in this browser. `step` walks through them as the arrows do.

const key = 'margay.queries'
const longest = 100

/** Storage may be refused (private windows, policies); then the history lives as long as the page. */
let unstored: readonly string[] = []

export function readHistory(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(stored) ? stored.filter((query) => typeof query === 'string') : unstored
  } catch {
    return unstored
  }
}

/** The history with this query first; empty ones are not kept. */
export const remember = (history: readonly string[], query: string): readonly string[] =>
  query.trim() === '' ? history : [query, ...history.filter((past) => past !== query)].slice(0, longest)

export function storeQuery(query: string): void {
  unstored = remember(readHistory(), query)
  try {
    localStorage.setItem(key, JSON.stringify(unstored))
  } catch {
    // What cannot be stored is still in `unstored`.
  }
}

/** Where one is in the history: -1 is the draft that was being written before. */
export interface Walk {
  readonly at: number
  readonly draft: string
}

/** One query back (1) or forward (-1); undefined at either end. What stood in the bar is not shown a second time. */
export function step(history: readonly string[], walk: Walk, direction: 1 | -1): (Walk & { text: string }) | undefined {
  const others = history.filter((past) => past !== walk.draft)
  const at = walk.at + direction
  if (at < -1 || at >= others.length) return undefined
  return { ...walk, at, text: at === -1 ? walk.draft : others[at]! }
}

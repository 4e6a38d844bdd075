// What was lost, by reason, on its way to the server with the next frame.
import type { Loss } from '@margay/wire'

export interface Losses {
  add(what: string, count: number): void
  /** What was added since the last call. */
  take(): readonly Loss[]
}

/** `onLoss` is told of each loss as it happens, for health and metrics. */
export function createLosses(onLoss: (what: string, count: number) => void): Losses {
  const counts = new Map<string, number>()
  return {
    add(what, count) {
      if (count <= 0) return
      counts.set(what, (counts.get(what) ?? 0) + count)
      onLoss(what, count)
    },
    take() {
      const losses = [...counts].map(([what, count]) => ({ what, count }))
      counts.clear()
      return losses
    },
  }
}

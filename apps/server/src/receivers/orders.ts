// What all agents are told at once, as the answer to a hello that is held open until there is something new.
import { createBell } from '@margay/kit'

export interface Orders {
  /** Somebody watches; agents send deltas only then. */
  readonly watched: boolean
  /** When an address last passed from one pod to another, Unix milliseconds; 0 where none did. */
  readonly handover: number
  setWatched(watched: boolean): void
  setHandover(atMs: number): void
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
}

export function createOrders(): Orders {
  const bell = createBell()
  let watched = false
  let handover = 0
  return {
    get watched() {
      return watched
    },
    get handover() {
      return handover
    },
    setWatched(value) {
      watched = value
      bell.ring()
    },
    setHandover(atMs) {
      // Two within a millisecond are two.
      handover = Math.max(handover + 1, Math.floor(atMs))
      bell.ring()
    },
    changed: bell.next,
  }
}

// How far agents' clocks are ahead of ours. A frame says when it was made and cannot arrive before: the least delayed frame of
// the last minutes tells how the clocks stand. That an agent is ahead is certain. One that is behind cannot be told from one
// whose frames are late, so names are never those of an earlier or later time for it; only how fresh a frame is counts from
// the agent's least delayed one. What must stay true: rows keep the times that their agent gave them.
import { setNewest } from '@margay/kit'
import type { Frame } from '@margay/wire'

type Made = Pick<Frame, 'agent' | 'madeAt'>

export interface Clocks {
  /** A frame arrived. */
  note(frame: Made, now: number): void
  /** Whole seconds that an agent's clock is ahead of ours, as far as is certain. */
  ahead(agent: string): number
  /** Whether the frame was made just now by its agent's clock, and does not come from a spool. */
  isFresh(frame: Made, now: number): boolean
}

/** A clock that is set right is believed after one to two of these. */
const windowSeconds = 300
/** Both clocks are cut to whole seconds. */
const cutSeconds = 1
const freshSeconds = 60
const maxAgents = 10_000

interface Window {
  readonly began: number
  /** The most that a frame's time was ahead; negative where each was late or the clock is behind. */
  most: number
  /** That of the window before. */
  readonly before: number
}

/** `now` is Unix seconds throughout. */
export function createClocks(): Clocks {
  const windows = new Map<string, Window>()
  const offsetOf = (agent: string): number => {
    const window = windows.get(agent)
    return window ? Math.max(window.most, window.before) : 0
  }
  return {
    note({ agent, madeAt }, now) {
      const offset = madeAt - now
      const window = windows.get(agent)
      if (window && now >= window.began && now < window.began + windowSeconds) {
        window.most = Math.max(window.most, offset)
        return
      }
      const isNext = window && now >= window.began && now < window.began + 2 * windowSeconds
      setNewest(windows, agent, { began: now, most: offset, before: isNext ? window.most : -Infinity }, maxAgents)
    },
    ahead(agent) {
      const offset = offsetOf(agent)
      return offset > cutSeconds ? offset : 0
    },
    isFresh: ({ agent, madeAt }, now) => now + Math.min(0, offsetOf(agent)) - madeAt < freshSeconds,
  }
}

// News that an address passed from one pod to another, for the loop: it wakes it, so that little of what the next pod does is
// counted with what the last one did.
import { sleep } from '@margay/kit'
import type { AgentOutput } from '@margay/wire'

export interface Handovers {
  /** Waits so many milliseconds, or until there is news or the loop is to end. */
  pause(ms: number): Promise<void>
  /** Whether there was news since it was asked last. */
  take(): boolean
}

export function createHandovers(output: Pick<AgentOutput, 'onHandover'>, ended: AbortSignal): Handovers {
  let news = new AbortController()
  let either = AbortSignal.any([ended, news.signal])
  output.onHandover(() => news.abort())
  return {
    pause: (ms) => sleep(ms, either),
    take() {
      if (!news.signal.aborted) return false
      news = new AbortController()
      either = AbortSignal.any([ended, news.signal])
      return true
    },
  }
}

// Whether the API server answers at all. Watches say nothing while nothing changes, so a small question is asked every few
// seconds; while it is not answered, what we know may be out of date. When the server is back, whoever waits is woken, and
// watches that were open meanwhile are opened anew: their connections may be dead without knowing it.
import type { Part } from '@margay/kit'
import { sleep } from '@margay/kit'
import type { ApiClient } from './client.ts'
import { ApiStatusError } from './client.ts'

export interface ContactConfig {
  readonly everyMs: number
  /** An answer that takes longer counts as none. */
  readonly patienceMs: number
}

export const usualContact: ContactConfig = { everyMs: 5_000, patienceMs: 5_000 }

export interface Contact extends Part {
  /** Something broke that may mean that the server is away: it is asked at once. */
  check(): void
  /** Aborts when the server was away and is back: what was open meanwhile is to be opened anew. */
  era(): AbortSignal
  /** Undefined while the server answers; else since when it does not (Unix milliseconds) and what was seen. */
  lost(): Lost | undefined
}

export interface Lost {
  readonly since: number
  readonly detail: string
}

export interface ContactDeps {
  readonly client: Pick<ApiClient, 'get' | 'reset'>
  /** Unix milliseconds. */
  readonly clock: () => number
  readonly onChange: () => void
}

export function createContact(config: ContactConfig, { client, clock, onChange }: ContactDeps): Contact {
  let lastHeard = clock()
  let lost: Lost | undefined
  let era = new AbortController()
  let waiting = new AbortController()

  const back = () => {
    lastHeard = clock()
    if (!lost) return
    lost = undefined
    const ended = era
    era = new AbortController()
    ended.abort()
    onChange()
  }
  const ask = async (signal: AbortSignal): Promise<void> => {
    const limit = AbortSignal.timeout(config.patienceMs)
    try {
      await client.get('/version', AbortSignal.any([signal, limit]))
      back()
    } catch (error) {
      if (signal.aborted) return
      // Any answer is an answer: a server that is starting says 403 or 503 to everyone for a moment.
      if (error instanceof ApiStatusError && error.code < 500) return back()
      const detail = limit.aborted ? `no answer within ${config.patienceMs / 1000} s` : (error as Error).message
      // Idle connections are as dead as the one that was just tried, and would be tried one after the other.
      client.reset()
      const isFirst = lost === undefined
      lost = { since: lost?.since ?? lastHeard, detail }
      if (isFirst) onChange()
    }
  }
  return {
    name: 'kubernetes-contact',
    check: () => waiting.abort(),
    era: () => era.signal,
    lost: () => lost,
    async run(signal) {
      while (!signal.aborted) {
        waiting = new AbortController()
        await ask(signal)
        const waitMs = lost ? Math.min(1_000, config.everyMs) : config.everyMs
        await sleep(waitMs, lost ? signal : AbortSignal.any([signal, waiting.signal]))
      }
    },
  }
}

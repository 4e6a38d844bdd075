// Whoever shows a token that is not known yet. Finding out whose it is costs a question to somebody else, so strangers take
// turns by the peer they come from, few at a time, and a peer whose tokens keep being wrong is not listened to for the rest
// of its minute. Tokens that were good before never come here, so no flood keeps them out.
import { setNewest } from '@margay/kit'

export interface StrangersConfig {
  /** Questions at once, of all peers together and of one. */
  readonly atOnce: number
  readonly atOnceOfPeer: number
  /** Questions that may wait for their turn, of all peers together and of one. */
  readonly waiting: number
  readonly waitingOfPeer: number
  /** Tokens of one peer that may turn out to be wrong in a minute. */
  readonly wrongInMinute: number
}

/** More than people who mistype and agents that restart ever need, far less than a flood. */
export const usualStrangers: StrangersConfig = {
  atOnce: 16,
  atOnceOfPeer: 4,
  waiting: 1_000,
  waitingOfPeer: 20,
  wrongInMinute: 20,
}

/** The peer, or all of them together, ask about too many unknown tokens. */
export class TooManyTokens extends Error {
  override readonly name = 'TooManyTokens'
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(`too many unknown tokens come from there; ask again in ${retryAfterSeconds} s`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export interface Strangers {
  /**
   * Asks in the turn of the peer. An answer that is not good counts against it; a question that fails does not. Rejects with
   * TooManyTokens where it may not ask now.
   */
  admit<T>(peer: string, ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T>
}

interface Line {
  running: number
  readonly waiting: (() => void)[]
}

const minuteMs = 60_000
const maxRemembered = 10_000

/** How many tokens of a peer were wrong in its minute, which begins with the first of them. `clock` is Unix milliseconds. */
function createWrongCounts(most: number, clock: () => number) {
  const counts = new Map<string, { readonly since: number; count: number }>()
  const current = (peer: string) => {
    const found = counts.get(peer)
    return found && clock() - found.since < minuteMs ? found : undefined
  }
  return {
    check(peer: string): void {
      const found = current(peer)
      if (found && found.count >= most) {
        throw new TooManyTokens(Math.ceil((found.since + minuteMs - clock()) / 1000))
      }
    },
    add(peer: string): void {
      const found = current(peer)
      if (found) return void found.count++
      setNewest(counts, peer, { since: clock(), count: 1 }, maxRemembered)
    },
  }
}

/** Lets jobs run in the turns of their peers; resolves when one may, and is told when it has ended. */
function createTurns({ atOnce, atOnceOfPeer, waiting, waitingOfPeer }: StrangersConfig) {
  /** Peers with a job, whoever is next first. */
  const lines = new Map<string, Line>()
  let running = 0
  let waits = 0

  const startNext = () => {
    for (const [peer, line] of lines) {
      if (running >= atOnce) return
      if (line.running >= atOnceOfPeer) continue
      const start = line.waiting.shift()
      if (!start) continue
      lines.delete(peer)
      lines.set(peer, line)
      line.running++
      running++
      waits--
      start()
    }
  }
  return {
    async begin(peer: string): Promise<void> {
      const line = lines.get(peer) ?? { running: 0, waiting: [] }
      if (waits >= waiting || line.waiting.length >= waitingOfPeer) throw new TooManyTokens(1)
      lines.set(peer, line)
      waits++
      const turn = new Promise<void>((resolve) => line.waiting.push(resolve))
      startNext()
      return turn
    },
    end(peer: string): void {
      const line = lines.get(peer)!
      line.running--
      running--
      if (line.running === 0 && line.waiting.length === 0) lines.delete(peer)
      startNext()
    },
  }
}

/** `clock` gives Unix milliseconds. */
export function createStrangers(config: StrangersConfig, clock: () => number): Strangers {
  const wrong = createWrongCounts(config.wrongInMinute, clock)
  const turns = createTurns(config)
  return {
    async admit(peer, ask, isGood) {
      wrong.check(peer)
      await turns.begin(peer)
      try {
        // Others of the same peer may have been wrong while this one waited.
        wrong.check(peer)
        const answer = await ask()
        if (!isGood(answer)) wrong.add(peer)
        return answer
      } finally {
        turns.end(peer)
      }
    },
  }
}

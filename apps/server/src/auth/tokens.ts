// Whose a token is, over all the ways to find that out. A token that was good is asked about without a turn of its own; one
// that was nobody's is remembered as such for a moment; for all others their senders take turns as strangers. Whoever asks
// while an answer is on its way waits for the same one. Tokens are kept as digests.
import { createHash } from 'node:crypto'
import type { Strangers } from './strangers.ts'

/** One way to find out whose a token is. Both throw where that cannot be told now. */
export interface TokenSource<V> {
  /** Of a token that is known, or was good when it was last asked about; undefined for a stranger's. */
  recall(token: string): Promise<V | undefined> | undefined
  /** Of any token; undefined where it is nobody's. */
  identify(token: string): Promise<V | undefined>
}

export interface Tokens<V> {
  /**
   * Whose a token is, shown by a peer (`peerOf`); undefined where it is nobody's. Rejects with TooManyTokens where the peer has
   * shown too many of those, and with the source's error where it cannot be told now.
   */
  whose(token: string, peer: string): Promise<V | undefined>
}

export interface TokensDeps {
  readonly strangers: Strangers
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** Long enough against a program that repeats itself, short enough for a token that was just made known. */
const nobodyMs = 10_000
const maxNobody = 10_000

export const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Tokens of nobody, by digest, each for a moment. */
function createNobody(clock: () => number) {
  const until = new Map<string, number>()
  return {
    has: (digest: string) => clock() < (until.get(digest) ?? 0),
    add(digest: string): void {
      until.delete(digest)
      if (until.size >= maxNobody) until.delete(until.keys().next().value!)
      until.set(digest, clock() + nobodyMs)
    },
  }
}

/** `sources` are asked in their order; the first that knows the token decides. */
export function createTokens<V>(sources: readonly TokenSource<V>[], { strangers, clock }: TokensDeps): Tokens<V> {
  const nobody = createNobody(clock)
  const asking = new Map<string, Promise<V | undefined>>()

  const identify = async (token: string): Promise<V | undefined> => {
    for (const source of sources) {
      const found = await source.identify(token)
      if (found !== undefined) return found
    }
    return undefined
  }
  const askAsStranger = async (token: string, digest: string, peer: string): Promise<V | undefined> => {
    const found = await strangers.admit(peer, () => identify(token))
    if (found === undefined) nobody.add(digest)
    return found
  }
  return {
    async whose(token, peer) {
      for (const source of sources) {
        const recalled = source.recall(token)
        if (recalled) return recalled
      }
      const digest = digestOf(token)
      if (nobody.has(digest)) return undefined
      const running = asking.get(digest)
      if (running) return running
      const answer = askAsStranger(token, digest, peer).finally(() => asking.delete(digest))
      asking.set(digest, answer)
      return answer
    },
  }
}

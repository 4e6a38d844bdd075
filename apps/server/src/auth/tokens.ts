// Whose a token is, over all the ways to find that out. A token whose owner was let in is asked about without a turn of its
// own; one that was refused, as nobody's or as somebody's who may not come in, is remembered as such for a moment; for all
// others their senders take turns as strangers. Anybody who may make tokens of their own has as many as they like, so a
// refused one is a wrong one whoever it belongs to. Whoever asks while an answer is on its way waits for the same one. Tokens
// are kept as digests.
import { setNewest } from '@margay/kit'
import { digestKeyOf } from './shown-token.ts'
import type { Strangers } from './strangers.ts'

export interface Identity<V> {
  readonly owner: V
  /** Makes the token a known one. */
  keep(): void
}

/** One way to find out whose a token is. Both throw where that cannot be told now. */
export interface TokenSource<V> {
  /** Of a token that is known, or was kept when it was last asked about; undefined for a stranger's. */
  recall(token: string): Promise<V | undefined> | undefined
  /** Of any token; undefined where it is nobody's. */
  identify(token: string): Promise<Identity<V> | undefined>
}

export interface Tokens<V> {
  /**
   * Whose a token is, shown by a peer (`peerOf`); undefined where it is nobody's. `isLetIn` is asked about the owner of an unknown
   * token: one that is not let in is told too, but counts against the peer. Rejects with TooManyTokens where the peer has shown
   * too many wrong ones, and with the error of the source or of `isLetIn` where it cannot be told now.
   */
  whose(token: string, peer: string, isLetIn: (owner: V) => boolean | Promise<boolean>): Promise<V | undefined>
}

export interface TokensDeps {
  readonly strangers: Strangers
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** Long enough against a program that repeats itself, short enough for a token that was just made known. */
const refusedMs = 10_000
const maxRefused = 10_000

interface Refused<V> {
  readonly owner: V | undefined
  readonly until: number
}

/** Tokens that were refused, by digest, each for a moment. */
function createRefused<V>(clock: () => number) {
  const entries = new Map<string, Refused<V>>()
  return {
    find(digest: string): Refused<V> | undefined {
      const entry = entries.get(digest)
      return entry && clock() < entry.until ? entry : undefined
    },
    add(digest: string, owner: V | undefined): void {
      setNewest(entries, digest, { owner, until: clock() + refusedMs }, maxRefused)
    },
  }
}

/** `sources` are asked in their order; the first that knows the token decides. */
export function createTokens<V>(sources: readonly TokenSource<V>[], { strangers, clock }: TokensDeps): Tokens<V> {
  const refused = createRefused<V>(clock)
  const asking = new Map<string, Promise<V | undefined>>()

  const identify = async (token: string): Promise<Identity<V> | undefined> => {
    for (const source of sources) {
      const found = await source.identify(token)
      if (found !== undefined) return found
    }
    return undefined
  }
  /** Gives back the owner, let in or not. */
  const askAsStranger = async (...[token, peer, isLetIn]: Parameters<Tokens<V>['whose']>): Promise<V | undefined> => {
    const judge = async () => {
      const found = await identify(token)
      return { found, isGood: found !== undefined && (await isLetIn(found.owner)) }
    }
    const { found, isGood } = await strangers.admit(peer, judge, (judged) => judged.isGood)
    if (isGood) found?.keep()
    else refused.add(digestKeyOf(token), found?.owner)
    return found?.owner
  }
  return {
    async whose(token, peer, isLetIn) {
      for (const source of sources) {
        const recalled = source.recall(token)
        if (recalled) return recalled
      }
      const digest = digestKeyOf(token)
      const refusal = refused.find(digest)
      if (refusal) return refusal.owner
      const running = asking.get(digest)
      if (running) return running
      const answer = askAsStranger(token, peer, isLetIn).finally(() => asking.delete(digest))
      asking.set(digest, answer)
      return answer
    },
  }
}

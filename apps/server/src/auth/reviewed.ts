// Tokens that somebody else was asked about. Only those whose owners were let in are kept, so others push none of them out,
// and the one that was shown longest ago goes first. An answer that has grown old is asked for again, by its own token's owner.
import { setNewest } from '@margay/kit'
import { digestKeyOf } from './shown-token.ts'
import type { TokenSource } from './tokens.ts'

export interface ReviewedConfig {
  /** Milliseconds for which an answer is good. */
  readonly keepMs: number
  readonly maxTokens: number
  /** Unix milliseconds. */
  readonly clock: () => number
}

interface Good<V> {
  readonly found: V
  readonly until: number
}

/** `review` asks about a token and gives undefined where it is nobody's. */
export function createReviewed<V>(
  { keepMs, maxTokens, clock }: ReviewedConfig,
  review: (token: string) => Promise<V | undefined>,
): TokenSource<V> {
  const good = new Map<string, Good<V>>()
  const renewing = new Map<string, Promise<V | undefined>>()

  const keep = (digest: string, entry: Good<V>) => void setNewest(good, digest, entry, maxTokens)
  const askAgain = async (token: string, digest: string): Promise<V | undefined> => {
    const found = await review(token)
    if (found === undefined) good.delete(digest)
    else keep(digest, { found, until: clock() + keepMs })
    return found
  }
  const renew = (token: string, digest: string): Promise<V | undefined> => {
    const running = renewing.get(digest) ?? askAgain(token, digest).finally(() => renewing.delete(digest))
    renewing.set(digest, running)
    return running
  }
  return {
    recall(token) {
      const digest = digestKeyOf(token)
      const entry = good.get(digest)
      if (!entry) return undefined
      if (clock() >= entry.until) return renew(token, digest)
      keep(digest, entry)
      return Promise.resolve(entry.found)
    },
    async identify(token) {
      const found = await review(token)
      if (found === undefined) return undefined
      const until = clock() + keepMs
      return { owner: found, keep: () => keep(digestKeyOf(token), { found, until }) }
    },
  }
}

// Lets people and programs in: finds out whose a token is, asks for the right, and writes down who came. Tokens themselves
// reach neither log nor error.
import type { Logger } from '@margay/kit'
import { setNewest } from '@margay/kit'
import { ApiError } from '../http/problem.ts'
import type { Caller, Identified, Right, Way } from './caller.ts'
import { TooManyTokens, createStrangers, usualStrangers } from './strangers.ts'
import { createTokens } from './tokens.ts'

export interface People {
  /**
   * Who asks, from a peer (`peerOf`). Throws ApiError: `unauthenticated` where the token is nobody's, `forbidden` where they
   * may not, `too_many_tokens` where the peer has shown too many wrong ones, and `unavailable` where that cannot be found
   * out now.
   */
  admit(token: string | undefined, right: Right, peer: string): Promise<Caller>
}

export interface PeopleDeps {
  readonly log: Logger
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** Somebody who asks all day is written down once an hour. */
const tellEveryMs = 3_600_000
const maxRemembered = 1_000

/** Tells of somebody at their first question in an hour. */
function createWitness({ log, clock }: PeopleDeps): (caller: Caller) => void {
  const toldAt = new Map<string, number>()
  return ({ name, shownBy }) => {
    const key = `${shownBy} ${name}`
    const last = toldAt.get(key)
    if (last !== undefined && clock() - last < tellEveryMs) return
    setNewest(toldAt, key, clock(), maxRemembered)
    log.info('somebody asks', { user: name, shown_by: shownBy })
  }
}

/** `ways` are asked in their order; the first that knows the token decides. */
export function createPeople(ways: readonly Way[], deps: PeopleDeps): People {
  const witness = createWitness(deps)
  const tokens = createTokens(ways, { strangers: createStrangers(usualStrangers, deps.clock), clock: deps.clock })
  /** What a way cannot tell now is neither yes nor no. */
  const told = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof TooManyTokens) {
        deps.log.warn('a peer shows too many unknown tokens')
        const { message, retryAfterSeconds } = error
        throw new ApiError('too_many_tokens', message, { retryAfterSeconds, cause: error })
      }
      deps.log.error('who asks could not be found out', { error: error as Error })
      const hint = "the server's log says why the Kubernetes API gave no answer to that; asking again may help"
      throw new ApiError('unavailable', 'who asks cannot be found out now', { hint, cause: error })
    }
  }
  return {
    async admit(token, right, peer) {
      if (token === undefined || token === '')
        throw new ApiError('unauthenticated', 'the request does not say who asks')
      const isLetIn = async (caller: Identified) => (await caller.may(right)) === true
      const caller = await told(() => tokens.whose(token, peer, isLetIn))
      if (!caller) {
        deps.log.warn("a token that is nobody's was refused")
        throw new ApiError('unauthenticated', 'the token is not known, or no longer good')
      }
      const allowed = await told(() => caller.may(right))
      if (allowed !== true) {
        deps.log.warn('somebody was refused', { user: caller.name, shown_by: caller.shownBy, right })
        throw new ApiError('forbidden', allowed)
      }
      witness(caller)
      return caller
    },
  }
}

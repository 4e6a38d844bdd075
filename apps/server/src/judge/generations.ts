// Which generation of a policy was there when: what a record that came with its trace is credited to. A record of an hour ago
// is of the rules of then, whose numbers an edit may have given to others since, and whose policy may be gone.
import type { Policy } from '@margay/policy'
import type { PolicyName } from '../policy-use/activity.ts'
import { generationOf, policyNameKey } from '../policy-use/activity.ts'

export interface Generations {
  /** `at`: since when, Unix seconds. Told in the order of time. */
  note(policy: Policy, at: number): void
  /** It is not there any more, since Unix seconds; rows of its time may still come. */
  end(policy: Policy, at: number): void
  /**
   * At a moment, Unix seconds: of one that was gone by then, its last. Without one, as it is now. 0 where the policy is not
   * known, is not there now, or its object states none.
   */
  of(policy: PolicyName, at?: number): number
  /** Forgets policies that were gone before a moment. */
  forgetBefore(moment: number): void
}

interface Since {
  readonly at: number
  readonly generation: number
}

interface Known {
  /** Oldest first. */
  readonly list: Since[]
  endedAt: number | undefined
}

/** More edits than a policy sees while its records may still come; of older ones the oldest that is kept is told. */
const mostKept = 32

const nothing: Known = { list: [], endedAt: undefined }

export function createGenerations(): Generations {
  const known = new Map<string, Known>()
  return {
    note(policy, at) {
      const key = policyNameKey(policy)
      const one = known.get(key) ?? { list: [], endedAt: undefined }
      known.set(key, one)
      one.endedAt = undefined
      one.list.push({ at, generation: generationOf(policy) })
      if (one.list.length > mostKept) one.list.shift()
    },
    end(policy, at) {
      const one = known.get(policyNameKey(policy))
      if (one) one.endedAt = at
    },
    of(policy, at) {
      const { list, endedAt } = known.get(policyNameKey(policy)) ?? nothing
      if (at === undefined) return endedAt === undefined ? (list.at(-1)?.generation ?? 0) : 0
      return (list.findLast((since) => since.at <= at) ?? list[0])?.generation ?? 0
    },
    forgetBefore(moment) {
      for (const [key, { endedAt }] of known) if (endedAt !== undefined && endedAt < moment) known.delete(key)
    },
  }
}

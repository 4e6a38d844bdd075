// Which generation of a policy was there when: what a record that came with its trace is credited to. A record of an hour ago
// is of the rules of then, whose numbers an edit may have given to others since.
import type { Policy } from '@margay/policy'
import type { PolicyName } from '../policy-use/activity.ts'
import { generationOf, policyNameKey } from '../policy-use/activity.ts'

export interface Generations {
  /** `at`: since when, Unix seconds. Told in the order of time. */
  note(policy: Policy, at: number): void
  forget(policy: Policy): void
  /** At a moment, Unix seconds, or now; 0 where the policy is not known, or its object states none. */
  of(policy: PolicyName, at?: number): number
}

interface Since {
  readonly at: number
  readonly generation: number
}

/** More edits than a policy sees while its records may still come; of older ones the oldest that is kept is told. */
const mostKept = 32

export function createGenerations(): Generations {
  const known = new Map<string, Since[]>()
  return {
    note(policy, at) {
      const key = policyNameKey(policy)
      const list = known.get(key) ?? []
      known.set(key, list)
      list.push({ at, generation: generationOf(policy) })
      if (list.length > mostKept) list.shift()
    },
    forget: (policy) => void known.delete(policyNameKey(policy)),
    of(policy, at = Infinity) {
      const list = known.get(policyNameKey(policy)) ?? []
      return (list.findLast((one) => one.at <= at) ?? list[0])?.generation ?? 0
    },
  }
}

// What policies and their rules did in a time, and which of them did nothing: pure, from the policies as they are and from
// what the activity log holds. What must stay true: what a rule did is told of the present generation alone, because an
// edit may have given its index to another rule; a policy as a whole is told of all generations.
import type { Direction, Policy } from '@margay/policy'
import type { Activity, Counts, PolicyName } from './activity.ts'
import { addCounts, generationOf, noCounts, policyNameKey } from './activity.ts'

/**
 * - `used`: the present generation decided something.
 * - `edited`: it did not, and it was made or changed too lately for its silence to mean anything.
 * - `other-generation`: only an earlier generation decided something.
 * - `unused`: nothing did, as far back as the window goes.
 * - `unknown`: nobody counted.
 */
export type UseState = 'used' | 'edited' | 'other-generation' | 'unused' | 'unknown'

export interface Use {
  readonly allowed: Counts
  readonly denied: Counts
  readonly passed: Counts
  /** Unix seconds; of any generation. */
  readonly lastEvaluated?: number
  /** The generation that did; absent where the object states none. */
  readonly lastEvaluatedGeneration?: number
  readonly unused: UseState
}

export interface RuleUse {
  readonly direction: Direction
  /** As in traces. */
  readonly index: number
  /** Among the author's rules, from 0. */
  readonly number: number
  /** `ingress[0]`, `ingress[0].from[1]`. */
  readonly origin: string
  readonly use: Use
}

export interface PolicyUse {
  readonly policy: Policy
  readonly generation: number
  readonly use: Use
  /** Decided by an earlier generation, whatever the present one does. */
  readonly earlierGeneration: boolean
  /** When it was made or last changed, where that lies in the window; Unix seconds. */
  readonly editedAt?: number
  /** Rules that only log decide nothing and are left out. */
  readonly rules: readonly RuleUse[]
  /** What the ends of its tier decided because of it, by direction that it covers. */
  readonly endOfTier: { readonly ingress?: Use; readonly egress?: Use }
}

export interface PolicyUseInput {
  readonly policies: readonly Policy[]
  readonly activity: readonly Activity[]
  /** When each policy was made or last changed, by `policyNameKey`, Unix seconds; what is absent did not change lately. */
  readonly edited: ReadonlyMap<string, number>
  /** Start of the window, Unix seconds. */
  readonly from: number
  /** False where no activity was counted at all, so that silence means nothing. */
  readonly isCounted: boolean
}

type State = Pick<PolicyUseInput, 'isCounted'> & { readonly editedAt: number | undefined }

const countsOf = (activity: readonly Activity[], action: Activity['action']): Counts =>
  activity
    .filter((one) => one.action === action)
    .map(({ counts }) => counts)
    .reduce(addCounts, noCounts)

function useState(
  present: readonly Activity[],
  earlier: readonly Activity[],
  { isCounted, editedAt }: State,
): UseState {
  if (present.length > 0) return 'used'
  if (!isCounted) return 'unknown'
  if (editedAt !== undefined) return 'edited'
  return earlier.length > 0 ? 'other-generation' : 'unused'
}

function useOf(present: readonly Activity[], earlier: readonly Activity[], state: State): Use {
  const all = [...present, ...earlier]
  const last = all.toSorted((a, b) => b.lastEvaluated - a.lastEvaluated || b.generation - a.generation)[0]
  return {
    allowed: countsOf(all, 'allow'),
    denied: countsOf(all, 'deny'),
    passed: countsOf(all, 'pass'),
    ...(last && { lastEvaluated: last.lastEvaluated }),
    ...(last && last.generation > 0 && { lastEvaluatedGeneration: last.generation }),
    unused: useState(present, earlier, state),
  }
}

const directions: readonly Direction[] = ['ingress', 'egress']

function rulesOf(policy: Policy, present: readonly Activity[], state: State): readonly RuleUse[] {
  return directions.flatMap((direction) =>
    (policy[direction] ?? []).flatMap(({ action, number, origin }, index): RuleUse | readonly [] => {
      if (action === 'log') return []
      const own = present.filter((one) => one.direction === direction && one.index === index)
      return { direction, index, number, origin, use: useOf(own, [], state) }
    }),
  )
}

function endsOfTier(policy: Policy, present: readonly Activity[], state: State): PolicyUse['endOfTier'] {
  const ends = directions
    .filter((direction) => policy[direction] !== undefined)
    .map((direction) => {
      const own = present.filter((one) => one.direction === direction && one.index === 'none')
      return [direction, useOf(own, [], state)] as const
    })
  return Object.fromEntries(ends)
}

/** A record without a generation is of whatever generation was there; the present one is as good as any. */
const isPresent = (generation: number) => (one: Activity) =>
  generation === 0 || one.generation === 0 || one.generation === generation

function useOfPolicy(policy: Policy, activity: readonly Activity[], input: PolicyUseInput): PolicyUse {
  const generation = generationOf(policy)
  const editedAt = input.edited.get(policyNameKey(policy))
  const isLate = editedAt !== undefined && editedAt >= input.from
  const state: State = { isCounted: input.isCounted, editedAt: isLate ? editedAt : undefined }
  const { present = [], earlier = [] } = Object.groupBy(activity, (one) =>
    isPresent(generation)(one) ? 'present' : 'earlier',
  )
  return {
    policy,
    generation,
    use: useOf(present, earlier, state),
    earlierGeneration: earlier.length > 0,
    ...(isLate && { editedAt }),
    rules: rulesOf(policy, present, state),
    endOfTier: endsOfTier(policy, present, state),
  }
}

/** One entry for each policy, in the order given. */
export function policyUse(input: PolicyUseInput): readonly PolicyUse[] {
  const byPolicy = Map.groupBy(input.activity, policyNameKey)
  return input.policies.map((policy) => useOfPolicy(policy, byPolicy.get(policyNameKey(policy)) ?? [], input))
}

/** Policies that may go: nothing was judged by any generation of them, and nobody touched them in the window. */
export const unusedPolicies = (uses: readonly PolicyUse[]): readonly PolicyUse[] =>
  uses.filter(({ use }) => use.unused === 'unused')

/** Rules that decide nothing inside policies that do. */
export const unusedRules = (uses: readonly PolicyUse[]): readonly (PolicyName & Omit<RuleUse, 'use'>)[] =>
  uses
    .filter(({ use }) => use.unused === 'used')
    .flatMap(({ policy: { kind, staged, namespace, name, tier }, rules }) =>
      rules
        .filter(({ use }) => use.unused === 'unused')
        .map(({ direction, index, number, origin }) => ({
          kind,
          staged,
          name,
          tier,
          ...(namespace !== undefined && { namespace }),
          direction,
          index,
          number,
          origin,
        })),
    )

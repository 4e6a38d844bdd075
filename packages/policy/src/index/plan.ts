// What an identity's endpoints are judged by: the policies that select it, in order, cut by direction and mode. A plan is
// made when first needed and thrown away as a whole when a policy that may concern its identity comes or goes.
import { type Candidate, hitOf, numberHits, triggerOf } from '../evaluate/outcome.ts'
import type { Mode } from '../evaluate/flow.ts'
import type { Direction, Policy } from '../objects/policy.ts'
import type { Tier } from '../objects/snapshot.ts'
import type { CompiledPolicy, Step } from './compile-policy.ts'

/** What happens where no rule of a tier matches. */
export type TierEnd = Pick<Step, 'action' | 'hit' | 'alone' | 'decision'>

export interface TierSteps {
  readonly steps: readonly Step[]
  /** Absent where nothing happens. */
  readonly end: TierEnd | undefined
}

export interface Plan {
  /** Everything that selects the identity, or may; in order. */
  readonly policies: readonly CompiledPolicy[]
  readonly byTier: ReadonlyMap<string, readonly Policy[]>
  /** Whether some policy only may select it: then the reference judges. */
  readonly isUncertain: boolean
  /** Whether a staged policy is among them. */
  readonly hasStaged: boolean
  readonly track: (direction: Direction, mode: Mode) => readonly TierSteps[]
}

interface PlanInput {
  readonly policies: readonly CompiledPolicy[]
  readonly isUncertain: boolean
  readonly tiers: readonly Tier[]
  readonly unionTier: string | undefined
}

function tierEnd(tier: Tier, trigger: Policy, action: 'deny' | 'pass', isolating: readonly Policy[]): TierEnd {
  const hit = hitOf(trigger, action, 'none')
  return { action, hit, alone: numberHits([hit]), decision: { by: 'end-of-tier', tier: tier.name, isolating } }
}

function endOf(tier: Tier, candidates: readonly Candidate[], mode: Mode): TierSteps['end'] {
  const trigger = triggerOf(candidates, mode)
  if (!trigger) return undefined
  const action = tier.defaultAction
  const isolating = candidates.map((candidate) => candidate.policy)
  return tierEnd(tier, trigger, action, isolating)
}

function orderedTier(tier: Tier, selecting: readonly CompiledPolicy[], direction: Direction, mode: Mode): TierSteps {
  const candidates = selecting.map(({ policy }): Candidate => ({ policy, selected: true }))
  return { steps: selecting.flatMap((compiled) => compiled[direction]), end: endOf(tier, candidates, mode) }
}

function unionTierSteps(tier: Tier, selecting: readonly CompiledPolicy[], direction: Direction): TierSteps {
  const steps = selecting.flatMap((compiled) => compiled[direction])
  const isolating = selecting.map(({ policy }) => policy).filter((policy) => policy.isolates[direction])
  const [trigger] = isolating
  return {
    steps: [...steps.filter((step) => step.action === 'deny'), ...steps.filter((step) => step.action === 'allow')],
    end: trigger && tierEnd(tier, trigger, 'deny', isolating),
  }
}

function trackOf({ policies, tiers, unionTier }: PlanInput, direction: Direction, mode: Mode): readonly TierSteps[] {
  const counting = policies.filter(
    ({ policy }) =>
      policy[direction] !== undefined && policy.stage === 'normal' && (mode === 'pending' || !policy.staged),
  )
  const byTier = Map.groupBy(counting, ({ policy }) => policy.tier)
  return tiers.flatMap((tier): TierSteps | readonly [] => {
    const selecting = byTier.get(tier.name)
    if (!selecting) return []
    return tier.name === unionTier
      ? unionTierSteps(tier, selecting, direction)
      : orderedTier(tier, selecting, direction, mode)
  })
}

/** `policies` must be sorted. */
export function createPlan(input: PlanInput): Plan {
  const tracks: (readonly TierSteps[] | undefined)[] = []
  return {
    policies: input.policies,
    byTier: Map.groupBy(
      input.policies.map(({ policy }) => policy),
      (policy) => policy.tier,
    ),
    isUncertain: input.isUncertain,
    hasStaged: input.policies.some(({ policy }) => policy.staged),
    track: (direction, mode) => {
      const slot = (direction === 'ingress' ? 0 : 1) + (mode === 'enforced' ? 0 : 2)
      const track = tracks[slot] ?? trackOf(input, direction, mode)
      tracks[slot] = track
      return track
    },
  }
}

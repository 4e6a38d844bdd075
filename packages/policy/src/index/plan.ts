// What an identity's endpoints are judged by: the policies that select it, in order, cut by direction and mode. A plan is
// made when first needed and thrown away as a whole when a policy that may concern its identity comes or goes.
import type { Candidate } from '../evaluate/outcome.ts'
import { hitOf, triggerOf, type Unnumbered } from '../evaluate/outcome.ts'
import type { Decision, Mode } from '../evaluate/flow.ts'
import type { Direction, Policy } from '../objects/policy.ts'
import type { Tier } from '../objects/snapshot.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import type { CompiledRule } from './compile-rule.ts'

/** One rule and what follows from its match. */
export interface Step {
  readonly compiled: CompiledRule
  readonly action: 'allow' | 'deny' | 'pass'
  readonly hit: Unnumbered
  readonly decision: Decision
}

export interface TierSteps {
  readonly steps: readonly Step[]
  /** What happens where no rule matches: absent where nothing does. */
  readonly end: { readonly action: 'deny' | 'pass'; readonly hit: Unnumbered; readonly decision: Decision } | undefined
}

export interface Plan {
  /** Everything that selects the identity, or may; in order. */
  readonly policies: readonly CompiledPolicy[]
  readonly byTier: ReadonlyMap<string, readonly Policy[]>
  /** Whether some policy only may select it: then the reference judges. */
  readonly isUncertain: boolean
  readonly track: (direction: Direction, mode: Mode) => readonly TierSteps[]
}

interface PlanInput {
  readonly policies: readonly CompiledPolicy[]
  readonly isUncertain: boolean
  readonly tiers: readonly Tier[]
  readonly unionTier: string | undefined
}

function stepsOf(compiled: CompiledPolicy, direction: Direction): readonly Step[] {
  return compiled[direction].flatMap((each, index): Step | readonly [] => {
    const { action } = each.rule
    if (action === 'log') return []
    const decision: Decision = { by: 'rule', policy: compiled.policy, rule: each.rule, index }
    return { compiled: each, action, hit: hitOf(compiled.policy, action, index), decision }
  })
}

function endOf(tier: Tier, candidates: readonly Candidate[], mode: Mode): TierSteps['end'] {
  const trigger = triggerOf(candidates, mode)
  if (!trigger) return undefined
  const action = tier.defaultAction
  const isolating = candidates.map((candidate) => candidate.policy)
  return { action, hit: hitOf(trigger, action, 'none'), decision: { by: 'end-of-tier', tier: tier.name, isolating } }
}

function orderedTier(tier: Tier, selecting: readonly CompiledPolicy[], direction: Direction, mode: Mode): TierSteps {
  const candidates = selecting.map(({ policy }): Candidate => ({ policy, selected: true }))
  return { steps: selecting.flatMap((compiled) => stepsOf(compiled, direction)), end: endOf(tier, candidates, mode) }
}

function unionTierSteps(tier: Tier, selecting: readonly CompiledPolicy[], direction: Direction): TierSteps {
  const steps = selecting.flatMap((compiled) => stepsOf(compiled, direction))
  const isolating = selecting.map(({ policy }) => policy).filter((policy) => policy.isolates[direction])
  const [trigger] = isolating
  return {
    steps: [...steps.filter((step) => step.action === 'deny'), ...steps.filter((step) => step.action === 'allow')],
    end: trigger && {
      action: 'deny',
      hit: hitOf(trigger, 'deny', 'none'),
      decision: { by: 'end-of-tier', tier: tier.name, isolating },
    },
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
  const tracks = new Map<string, readonly TierSteps[]>()
  return {
    policies: input.policies,
    byTier: Map.groupBy(
      input.policies.map(({ policy }) => policy),
      (policy) => policy.tier,
    ),
    isUncertain: input.isUncertain,
    track: (direction, mode) => {
      const key = `${direction} ${mode}`
      const track = tracks.get(key) ?? trackOf(input, direction, mode)
      tracks.set(key, track)
      return track
    },
  }
}

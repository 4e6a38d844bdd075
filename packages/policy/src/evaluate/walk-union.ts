// The default tier of a cluster that runs Cilium: CiliumNetworkPolicy, its clusterwide kind and Kubernetes' NetworkPolicy
// are one union. Any deny rule decides first, then any allow rule; then the endpoint is isolated if one of the policies
// that select it says so. Source: Cilium's documentation, "Policy enforcement modes" and "Deny policies".
import type { Rule } from '../objects/policy.ts'
import type { Tier } from '../objects/snapshot.ts'
import { anyOf } from './answer.ts'
import type { Decision } from './flow.ts'
import {
  type Candidate,
  decided,
  followedBy,
  hitOf,
  type Outcome,
  type Possible,
  ruleAnswer,
  type WalkContext,
} from './outcome.ts'

interface RuleAt {
  readonly candidate: Candidate
  readonly rule: Rule
  readonly index: number
}

function rulesAt(context: WalkContext, candidates: readonly Candidate[], action: 'allow' | 'deny'): readonly RuleAt[] {
  return candidates.flatMap((candidate) =>
    (candidate.policy[context.direction] ?? []).flatMap((rule, index) =>
      rule.action === action ? [{ candidate, rule, index }] : [],
    ),
  )
}

function byRule({ candidate, rule, index }: RuleAt, action: 'allow' | 'deny'): Outcome {
  const decision: Decision = { by: 'rule', policy: candidate.policy, rule, index }
  return decided(action, [hitOf(candidate.policy, action, index)], decision)
}

function isolation(context: WalkContext, tier: Tier, candidates: readonly Candidate[], next: () => Outcome): Outcome {
  const isolating = candidates.filter(({ policy }) => policy.isolates[context.direction])
  const applies = anyOf(
    isolating.map((candidate) => () => candidate.selected),
    () => {},
  )
  if (applies === false) return next()
  const sure = isolating.filter((candidate) => candidate.selected).map((candidate) => candidate.policy)
  const [trigger] = sure
  const denied = decided('deny', trigger ? [hitOf(trigger, 'deny', 'none')] : [], {
    by: 'end-of-tier',
    tier: tier.name,
    isolating: sure,
  })
  return applies ? denied : followedBy(next(), [], denied.possible, true)
}

/** The outcome from the union on; `next` is what follows where nothing in it decides. */
export function walkUnion(
  context: WalkContext,
  tier: Tier,
  candidates: readonly Candidate[],
  next: () => Outcome,
): Outcome {
  const also = new Set<Possible>()
  for (const action of ['deny', 'allow'] as const)
    for (const found of rulesAt(context, candidates, action)) {
      const answer = ruleAnswer(context, found.candidate, found.rule)
      if (answer === undefined) also.add(action)
      if (answer) return followedBy(byRule(found, action), [], also, also.size > 0)
    }
  return followedBy(isolation(context, tier, candidates, next), [], also, also.size > 0)
}

// The walk through tiers, policies and rules for one direction at one endpoint. Facts may be missing on the way: the walk
// then follows both answers and collects every verdict that is still possible. One possible verdict is the verdict; two
// are "unknown". The trace is the one in which missing facts are taken as "does not match", up to the first of them where
// the verdict is unknown.
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
  triggerOf,
  type WalkContext,
  withAlso,
} from './outcome.ts'
import { walkUnion } from './walk-union.ts'

function endOfTier(context: WalkContext, at: number, tier: Tier, candidates: readonly Candidate[]): Outcome {
  const trigger = triggerOf(candidates, context.mode)
  const action = tier.defaultAction === 'pass' || context.endOfTierPasses ? 'pass' : 'deny'
  const hits = trigger ? [hitOf(trigger, action, 'none')] : []
  if (action === 'pass')
    return followedBy(walkFrom(context, at + 1), context.endOfTierPasses ? [] : hits, new Set(), false)
  const isolating = candidates.filter((candidate) => candidate.selected).map((candidate) => candidate.policy)
  return decided('deny', hits, { by: 'end-of-tier', tier: tier.name, isolating })
}

function walkTier(context: WalkContext, at: number, tier: Tier, candidates: readonly Candidate[]): Outcome {
  const also = new Set<Possible>()
  let isUncertain = false
  for (const candidate of candidates)
    for (const [index, rule] of (candidate.policy[context.direction] ?? []).entries()) {
      if (rule.action === 'log') continue
      const answer = ruleAnswer(context, candidate, rule)
      if (answer === false) continue
      if (answer === undefined) {
        isUncertain = true
        for (const possible of rule.action === 'pass' ? walkFrom(context, at + 1).possible : [rule.action])
          also.add(possible)
        continue
      }
      const hits = [hitOf(candidate.policy, rule.action, index)]
      if (rule.action === 'pass') return followedBy(walkFrom(context, at + 1), hits, also, isUncertain)
      const decision: Decision = { by: 'rule', policy: candidate.policy, rule, index }
      return withAlso(decided(rule.action, hits, decision), also, isUncertain)
    }
  const applies = anyOf(
    candidates.map((candidate) => () => candidate.selected),
    () => {},
  )
  if (applies) return withAlso(endOfTier(context, at, tier, candidates), also, isUncertain)
  for (const possible of endOfTier(context, at, tier, candidates).possible) also.add(possible)
  return withAlso(walkFrom(context, at + 1), also, true)
}

function outcomeFrom(context: WalkContext, at: number): Outcome {
  const tier = context.tiers[at]
  if (!tier) return context.afterTiers()
  const candidates = context.candidatesOf(tier)
  if (candidates.length === 0) return walkFrom(context, at + 1)
  if (tier.name === context.unionTier) return walkUnion(context, tier, candidates, () => walkFrom(context, at + 1))
  return walkTier(context, at, tier, candidates)
}

/**
 * The outcome from one tier on; tiers without a candidate are not there. Each tier is walked once, however many rules may
 * pass to it: without that, missing facts would cost the product of the tiers' rules.
 */
export function walkFrom(context: WalkContext, at: number): Outcome {
  const found = context.walked.get(at)
  if (found) return found
  const outcome = outcomeFrom(context, at)
  context.walked.set(at, outcome)
  return outcome
}

// One direction at one endpoint under the policies that select it: what pods and host endpoints have in common.
import type { Direction, Policy, Rule } from '../objects/policy.ts'
import type { Answer } from './answer.ts'
import type { End, Ends } from './ends.ts'
import type { Prepared } from './prepare.ts'
import type { DirectionResult, Flow, MissingFact, Mode } from './flow.ts'
import { judgeSelector, type KnownLabels } from './labels.ts'
import { missingLabels } from './match-entity.ts'
import { matchRule } from './match-rule.ts'
import { type Candidate, distinctFacts, numberHits, type Outcome, verdictOf } from './outcome.ts'
import { walkFrom } from './walk.ts'

export interface JudgeInput {
  readonly end: End
  readonly known: KnownLabels
  readonly direction: Direction
  readonly flow: Flow
  readonly ends: Ends
  readonly prepared: Prepared
  readonly mode: Mode
  /** Which policies can concern this endpoint at all. */
  readonly concerns: (policy: Policy) => boolean
  readonly afterTiers: (matches: (rule: Rule) => Answer) => Outcome
  readonly endOfTierPasses?: boolean
}

export interface Judged {
  readonly outcome: Outcome
  readonly missing: readonly MissingFact[]
}

/** Walks the tiers for one endpoint and direction. */
export function judgeTiers(input: JudgeInput): Judged {
  const { known, direction, flow, ends, prepared, mode, end } = input
  const missing: MissingFact[] = []
  const miss = (fact: MissingFact) => void missing.push(fact)
  const matches = (rule: Rule) => matchRule(rule, flow, ends, prepared.lookup, miss)
  const candidatesOf = (tier: { readonly name: string }) =>
    prepared.policiesOf(tier.name).flatMap((policy): Candidate | readonly [] => {
      const counts = policy[direction] !== undefined && (mode === 'pending' || !policy.staged) && input.concerns(policy)
      const selected = counts && judgeSelector(policy.subject, known)
      if (selected === undefined) miss(missingLabels(end))
      return selected === false ? [] : { policy, selected }
    })
  const outcome = walkFrom(
    {
      direction,
      mode,
      tiers: prepared.tiers,
      candidatesOf,
      matches,
      unionTier: prepared.unionTier,
      afterTiers: () => input.afterTiers(matches),
      endOfTierPasses: input.endOfTierPasses ?? false,
      walked: new Map(),
    },
    0,
  )
  return { outcome, missing: distinctFacts(missing) }
}

/** The outcome as a result for people and logs. */
export function resultOf(direction: Direction, end: End, { outcome, missing }: Judged): DirectionResult {
  const verdict = verdictOf(outcome)
  return {
    direction,
    endpoint: end.title,
    verdict,
    trace: numberHits(verdict === 'unknown' ? outcome.certain : outcome.hits),
    decision: verdict === 'unknown' ? { by: 'missing-fact' } : outcome.decision,
    missing: outcome.isUncertain ? missing : [],
  }
}

/** A result that no policy had a part in. */
export function exempt(direction: Direction, end: End, reason: string): DirectionResult {
  return {
    direction,
    endpoint: end.title,
    verdict: 'allow',
    trace: [],
    decision: { by: 'exemption', reason },
    missing: [],
  }
}

export function unknownResult(direction: Direction, end: End, fact: MissingFact): DirectionResult {
  return {
    direction,
    endpoint: end.title,
    verdict: 'unknown',
    trace: [],
    decision: { by: 'missing-fact' },
    missing: [fact],
  }
}

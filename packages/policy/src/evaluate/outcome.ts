// What a walk through tiers gives back, and what it is given. Outcomes are composed from the end: what follows a hit is an
// outcome itself, and each step puts its own hits and its own uncertainty in front.
import type { PolicyHit, PolicyHitAction, PolicyHitRule } from '@margay/model'
import type { Direction, Policy, Rule } from '../objects/policy.ts'
import type { Tier } from '../objects/snapshot.ts'
import type { Answer } from './answer.ts'
import type { Decision, MissingFact, Mode, Verdict } from './flow.ts'

/** A policy of the direction that selects the endpoint, or may (undefined). */
export interface Candidate {
  readonly policy: Policy
  readonly selected: true | undefined
}

export type Unnumbered = Omit<PolicyHit, 'index'>

/** What may come out of a part of the walk. `fall` is the end of a stage that decides nothing by itself. */
export type Possible = 'allow' | 'deny' | 'fall'

export interface Outcome {
  readonly possible: ReadonlySet<Possible>
  readonly hits: readonly Unnumbered[]
  /** Hits before the first missing fact. */
  readonly certain: readonly Unnumbered[]
  readonly isUncertain: boolean
  readonly decision: Decision
}

export interface WalkContext {
  readonly direction: Direction
  readonly mode: Mode
  readonly tiers: readonly Tier[]
  /** Candidates of a tier in order; staged ones only where the mode counts them. */
  readonly candidatesOf: (tier: Tier) => readonly Candidate[]
  readonly matches: (rule: Rule) => Answer
  /** The tier in which deny rules go before allow rules and all policies are one union. */
  readonly unionTier: string | undefined
  /** What follows the last tier: profiles, or nothing. */
  readonly afterTiers: () => Outcome
  /** Policies before tracking and before address translation deny only by a rule. */
  readonly endOfTierPasses: boolean
  /** Outcomes of tiers walked already, by position; empty at the start. */
  readonly walked: Map<number, Outcome>
}

export function decided(possible: Possible, hits: readonly Unnumbered[], decision: Decision): Outcome {
  return { possible: new Set([possible]), hits, certain: hits, isUncertain: false, decision }
}

export function hitOf(policy: Policy, action: PolicyHitAction, rule: PolicyHitRule): Unnumbered {
  return {
    tier: policy.tier,
    kind: policy.kind,
    ...(policy.namespace !== undefined && { namespace: policy.namespace }),
    name: policy.name,
    action,
    rule,
    staged: policy.staged,
  }
}

/** Puts what was possible before in front of what follows a hit. */
export function followedBy(
  next: Outcome,
  hits: readonly Unnumbered[],
  also: ReadonlySet<Possible>,
  isUncertain: boolean,
): Outcome {
  return {
    possible: new Set([...also, ...next.possible]),
    hits: [...hits, ...next.hits],
    certain: isUncertain ? [] : [...hits, ...next.certain],
    isUncertain: isUncertain || next.isUncertain,
    decision: next.decision,
  }
}

/** What else was possible before this outcome was reached. */
export function withAlso(outcome: Outcome, also: ReadonlySet<Possible>, isUncertain: boolean): Outcome {
  return followedBy(outcome, [], also, isUncertain)
}

/** Whether a rule of a candidate takes effect: a policy that only may select the endpoint cannot answer yes. */
export function ruleAnswer(context: WalkContext, candidate: Candidate, rule: Rule): Answer {
  const answer = context.matches(rule)
  return answer && candidate.selected
}

/** The policy that a tier's end is credited to: Felix names the last one of the enforced, the first of the pending. */
export function triggerOf(candidates: readonly Candidate[], mode: Mode): Policy | undefined {
  const sure = candidates.filter((candidate) => candidate.selected)
  return (mode === 'enforced' ? sure.at(-1) : sure[0])?.policy
}

export function verdictOf(outcome: Outcome): Verdict {
  const [only] = outcome.possible
  if (outcome.possible.size !== 1 || only === undefined) return 'unknown'
  return only === 'deny' ? 'deny' : 'allow'
}

/** Hits with their positions. */
export function numberHits(hits: readonly Unnumbered[]): readonly PolicyHit[] {
  return hits.map((hit, index) => ({ index, ...hit }))
}

/** Each fact once, in the order asked. */
export function distinctFacts(facts: readonly MissingFact[]): readonly MissingFact[] {
  return [...new Map(facts.map((fact) => [`${fact.kind} ${fact.text}`, fact])).values()]
}

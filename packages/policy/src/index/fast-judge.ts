// One direction at one pod, by its identity's plan. The same walk as the reference's, for the common case that every fact
// is at hand; undefined where one is missing, and then the reference judges under the plan's policies.
import type { PolicyHit } from '@margay/model'
import type { DirectionResult, MissingFact, Mode } from '../evaluate/flow.ts'
import { numberHits, type Outcome, type Unnumbered, verdictOf } from '../evaluate/outcome.ts'
import type { Direction } from '../objects/policy.ts'
import type { Step } from './compile-policy.ts'
import type { Plan, TierSteps } from './plan.ts'
import type { FlowView } from './view.ts'

/** The first step that matches, `none`, or undefined when a fact is missing before one does. */
function firstMatch({ steps }: TierSteps, view: FlowView): Step | 'none' | undefined {
  const { protocol, port } = view.flow
  for (const step of steps) {
    if (step.protocol !== protocol && step.protocol >= 0) continue
    if (port !== undefined && (port < step.from || port > step.to)) continue
    const answer = step.test(view)
    if (answer === undefined) return undefined
    if (answer) return step
  }
  return 'none'
}

/** Shared: a judged direction in which nothing was missing. */
const nothingMissing: readonly MissingFact[] = []

/** Traces of outcomes that are shared, as those of namespaces' profiles are. */
const traces = new WeakMap<Outcome, readonly PolicyHit[]>()

function traceOf(outcome: Outcome): readonly PolicyHit[] {
  const known = traces.get(outcome)
  if (known) return known
  const made = numberHits(outcome.hits)
  traces.set(outcome, made)
  return made
}

/** Judges by the plan; `afterTiers` is asked when no tier decides, and may itself meet a missing fact. */
export function judgeByPlan(
  plan: Plan,
  direction: Direction,
  mode: Mode,
  view: FlowView,
  endpoint: string,
  afterTiers: () => Outcome,
): DirectionResult | undefined {
  if (plan.isUncertain) return undefined
  let passed: readonly Unnumbered[] | undefined
  for (const tier of plan.track(direction, mode)) {
    const step = firstMatch(tier, view)
    if (step === undefined) return undefined
    const reached = step === 'none' ? tier.end : step
    if (!reached) continue
    if (reached.action === 'pass') {
      passed = [...(passed ?? []), reached.hit]
      continue
    }
    const trace = passed ? numberHits([...passed, reached.hit]) : reached.alone
    return { direction, endpoint, verdict: reached.action, trace, decision: reached.decision, missing: nothingMissing }
  }
  const outcome = afterTiers()
  if (outcome.isUncertain) return undefined
  const trace = passed ? numberHits([...passed, ...outcome.hits]) : traceOf(outcome)
  return {
    direction,
    endpoint,
    verdict: verdictOf(outcome),
    trace,
    decision: outcome.decision,
    missing: nothingMissing,
  }
}

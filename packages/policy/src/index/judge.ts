// Judges one flow under the plans: pods by theirs, everything rarer (hosts, forwarding hops, pods that vanished) by the
// reference.
import { type End, type Ends } from '../evaluate/ends.ts'
import { combineResults } from '../evaluate/evaluate.ts'
import type { DirectionResult, Evaluation, Flow, Mode } from '../evaluate/flow.ts'
import { judgeHop, judgeNode } from '../evaluate/host.ts'
import { matchRule } from '../evaluate/match-rule.ts'
import { exemptionOf, judgeOwnHost, judgePod, afterTiersAt } from '../evaluate/pod.ts'
import type { Direction, Rule } from '../objects/policy.ts'
import { judgeByPlan } from './fast-judge.ts'
import type { Work } from './identity.ts'
import type { Plans } from './plans.ts'
import { type FlowView, type IndexedLookup, viewOf } from './view.ts'

type PodEnd = End & { readonly kind: 'pod' }

function judgePodFast(end: PodEnd, direction: Direction, view: FlowView, plans: Plans, mode: Mode): DirectionResult {
  const { flow, ends, lookup } = view
  const identity = lookup.identityOf(end)
  const plan = identity && plans.of(identity)
  if (plan && exemptionOf(end, direction, ends) === undefined) {
    const matches = (rule: Rule) => matchRule(rule, flow, ends, lookup, () => {})
    const fast = judgeByPlan(plan, direction, mode, view, end.title, () =>
      afterTiersAt(end, direction, lookup, matches),
    )
    if (fast) return fast
  }
  return judgePod(end, direction, flow, ends, plans.prepared(plan), mode)
}

function judgeEnd(
  end: End,
  direction: Direction,
  view: FlowView,
  plans: Plans,
  mode: Mode,
): DirectionResult | undefined {
  if (end.kind === 'pod') return judgePodFast(end, direction, view, plans, mode)
  if (end.kind === 'missing') return judgePod(end, direction, view.flow, view.ends, plans.prepared(), mode)
  return judgeNode(end, direction, view.flow, view.ends, plans.prepared(), mode)
}

const noHops: readonly DirectionResult[] = []

/** The evaluation of a flow whose ends are resolved. */
export function judgeFlow(
  flow: Flow,
  ends: Ends,
  lookup: IndexedLookup,
  plans: Plans,
  mode: Mode,
  work: Work,
): Evaluation {
  work.flowsJudged += 1
  const view = viewOf(flow, ends, lookup, work)
  const egress = judgeEnd(ends.source, 'egress', view, plans, mode)
  const source = egress && ends.source.kind === 'pod' ? judgeOwnHost(egress, ends, lookup.options) : egress
  const hops = flow.via?.map((hop) => judgeHop(hop, flow, ends, plans.prepared(), mode)) ?? noHops
  return combineResults(source, hops, judgeEnd(ends.destination, 'ingress', view, plans, mode))
}

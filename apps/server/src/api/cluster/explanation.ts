// An explanation of the policy engine as the API tells it: sentences, and beside them everything they were made of, with the
// ids by which policies are found.
import type { PolicyHit } from '@margay/model'
import { describeHit, printEnterpriseHit } from '@margay/model'
import type { DirectionResult, Explanation, FlowEnd, Policy } from '@margay/policy'
import { printAddress, ruleWords } from '@margay/policy'
import type { ExplainedDirection, Hit, PolicyExplanation } from '@margay/wire'
import { endWords } from './flow-ends.ts'
import { policyId, traceKey } from './policy-id.ts'
import type { ClusterState } from './state.ts'

/** Ids of policies by what traces call them. */
export type FindPolicy = (hit: PolicyHit) => string | undefined

const finders = new WeakMap<ClusterState, FindPolicy>()

export function policyFinder(state: ClusterState): FindPolicy {
  const found = finders.get(state)
  if (found) return found
  const ids = new Map(state.snapshot.policies.map((policy) => [traceKey(policy), policyId(policy)]))
  const find: FindPolicy = (hit) => ids.get(traceKey(hit))
  finders.set(state, find)
  return find
}

export function hitJson(hit: PolicyHit, find: FindPolicy): Hit {
  const { kind, tier, namespace, name, action, rule, staged } = hit
  const policy = kind === 'Profile' ? undefined : find(hit)
  return {
    text: printEnterpriseHit(hit),
    words: describeHit(hit),
    kind,
    name,
    action,
    rule,
    staged,
    ...(tier !== undefined && { tier }),
    ...(namespace !== undefined && { namespace }),
    ...(policy !== undefined && { policy }),
  }
}

const idsOf = (policies: readonly Policy[]) => policies.map(policyId)

function decisionJson({ decision }: DirectionResult): ExplainedDirection['decision'] {
  switch (decision.by) {
    case 'rule': {
      const { policy, rule } = decision
      const words = ruleWords(rule)
      return { by: 'rule', tier: policy.tier, policies: idsOf([policy]), rule: rule.number, ruleWords: words }
    }
    case 'end-of-tier':
      return { by: 'end-of-tier', tier: decision.tier, policies: idsOf(decision.isolating) }
    case 'profile':
      return { by: 'profile', policies: [], profile: decision.profile }
    case 'exemption':
      return { by: 'exemption', policies: [], reason: decision.reason }
    case 'missing-fact':
      return { by: 'missing-fact', policies: [] }
  }
}

/** Results of an evaluation in the order in which an explanation tells of them. */
const resultsOf = ({ evaluation: { source, hops, destination } }: Explanation): readonly DirectionResult[] =>
  [source, ...hops, destination].filter((result) => result !== undefined)

export function directionsJson(explanation: Explanation, find: FindPolicy): ExplainedDirection[] {
  const results = resultsOf(explanation)
  return explanation.directions.map(({ direction, endpoint, verdict, sentence, fix }, index) => {
    const result = results[index]!
    return {
      direction,
      endpoint,
      verdict,
      sentence,
      decision: decisionJson(result),
      trace: result.trace.map((hit) => hitJson(hit, find)),
      missing: result.missing.map(({ kind, text }) => ({ kind, text })),
      ...(fix && { fix: { kind: fix.kind, text: fix.text } }),
    }
  })
}

export function endJson(end: FlowEnd, state: ClusterState): PolicyExplanation['source'] {
  const { pod, hostEndpoint, address, domains, aliases } = end
  const { lookup } = state.prepared
  const known = pod === undefined ? address && lookup.podAt(address) : lookup.pod(pod)
  return {
    words: endWords(end),
    ...(pod !== undefined && { pod }),
    ...(hostEndpoint !== undefined && { hostEndpoint }),
    ...(address && { address: printAddress(address) }),
    ...(domains && { domains: [...domains] }),
    ...(aliases && { aliases: [...aliases] }),
    ...(known && { labels: Object.fromEntries(known.labels) }),
  }
}

// Checks on order: ties that the alphabet decides, tiers that do not exist.
import { builtInTiers } from '../evaluate/order.ts'
import { type Policy, policyKey } from '../objects/policy.ts'
import { type Check, directions, finding, isOrdered } from './finding.ts'

const differ = (a: Policy, b: Policy) =>
  directions.some((direction) => {
    const actions = (policy: Policy) =>
      new Set((policy[direction] ?? []).map((rule) => rule.action).filter((action) => action !== 'log'))
    return [...actions(a)].some((action) => [...actions(b)].some((other) => other !== action))
  })

function share(a: ReadonlySet<string>, b: ReadonlySet<string>): string | undefined {
  return [...a].find((title) => b.has(title))
}

/** Equal orders in a tier, on a common endpoint, with rules that disagree: the name decides which goes first. */
const orderTies: Check = (context) => {
  const ordered = context.snapshot.policies.filter(
    (policy) => isOrdered(policy) && policy.kind !== 'KubernetesNetworkPolicy',
  )
  const groups = Map.groupBy(ordered, (policy) => `${policy.tier} ${policy.order}`)
  return [...groups.values()].flatMap((policies) =>
    policies.flatMap((policy, index) =>
      policies.slice(0, index).flatMap((other) => {
        const common = share(context.selected(policy.subject), context.selected(other.subject))
        if (common === undefined || !differ(policy, other)) return []
        const order = policy.order === Infinity ? 'no order' : `order ${policy.order}`
        return finding(
          'order-tie',
          'warning',
          policy,
          'spec.order',
          `has ${order} like ${policyKey(other)}, and both select ${common}: their names decide which goes first`,
        )
      }),
    ),
  )
}

const unknownTiers: Check = ({ snapshot }) => {
  const names = new Set([...builtInTiers, ...snapshot.tiers].map((tier) => tier.name))
  return snapshot.policies
    .filter((policy) => !names.has(policy.tier))
    .map((policy) =>
      finding(
        'unknown-tier',
        'warning',
        policy,
        'spec.tier',
        `names tier ${policy.tier}, which does not exist: it comes last and denies at its end`,
      ),
    )
}

/** In the order in which they are reported. */
export const orderChecks: readonly Check[] = [orderTies, unknownTiers]

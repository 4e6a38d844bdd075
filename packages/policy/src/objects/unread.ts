// A policy at a moment at which nobody had read it yet: it was there, and only a later generation is known. Whom it selected,
// in which directions and what it said may all have been edited since. What must stay true: no verdict is certain that any
// earlier text of the object could have turned.
import { all } from '../selector/ast.ts'
import type { Selector } from '../selector/ast.ts'
import { anyEnd, type Policy, type Rule, type RuleAction } from './policy.ts'
import { inNamespace, isPod } from './scope.ts'

/** Kinds whose order among others is their author's to edit; that of the others is fixed. */
const isOrdered = ({ kind }: Policy) => kind !== 'KubernetesNetworkPolicy' && kind !== 'BaselineAdminNetworkPolicy'

/** Everybody whom a policy of the kind may select. */
function reachOf({ kind, namespace }: Policy): Selector {
  if (namespace !== undefined) return inNamespace(namespace)
  return kind === 'GlobalNetworkPolicy' ? all : isPod
}

/** A NetworkPolicy of Kubernetes only allows; that it isolates is the end of its tier. */
const actionsOf = ({ kind }: Policy): readonly RuleAction[] =>
  kind === 'KubernetesNetworkPolicy' ? ['allow'] : ['allow', 'deny']

/** The policy with everything unknown that may have been edited; `what` says for people what would have to be known. */
export function unreadPolicy(policy: Policy, what: string): Policy {
  const rules = actionsOf(policy).map((action, number): Rule => ({
    action,
    origin: 'an earlier generation',
    number,
    source: anyEnd,
    destination: anyEnd,
    unevaluated: [what],
  }))
  return {
    ...policy,
    // A number, so that policies can still be compared.
    order: isOrdered(policy) ? -Number.MAX_VALUE : policy.order,
    subject: reachOf(policy),
    ingress: rules,
    egress: rules,
    isolates: { ingress: true, egress: true },
  }
}

// A policy made ready for the index: its rules as steps, each with what follows from a match. Steps are made once and
// shared by the plans of all identities that the policy selects, which keeps them in the processor's caches.
import type { PolicyHit } from '@margay/model'
import type { Decision } from '../evaluate/flow.ts'
import { hitOf, numberHits, type Unnumbered } from '../evaluate/outcome.ts'
import type { Direction, Policy, Rule } from '../objects/policy.ts'
import { compileRule, type CompiledRule } from './compile-rule.ts'
import type { PooledSelector, SelectorPool } from './selector-pool.ts'

/** One rule and what follows from its match. */
export interface Step {
  // Fast path: the protocol that the rule wants (-1 for any) and the span of its destination ports, to pass by without
  // asking the rule itself.
  readonly protocol: number
  readonly from: number
  readonly to: number
  readonly test: CompiledRule['test']
  readonly action: 'allow' | 'deny' | 'pass'
  readonly hit: Unnumbered
  /** The trace where this is the first and last hit: most flows are decided by the first. */
  readonly alone: readonly PolicyHit[]
  readonly decision: Decision
}

export interface CompiledPolicy {
  readonly policy: Policy
  readonly subject: PooledSelector
  readonly ingress: readonly Step[]
  readonly egress: readonly Step[]
  readonly selectors: readonly PooledSelector[]
}

const anyProtocol = -1

function spanOf({ destination }: Rule): Pick<Step, 'from' | 'to'> {
  let [from, to] = [Infinity, -Infinity]
  for (const port of destination.ports ?? []) {
    if ('name' in port) return { from: 0, to: 65535 }
    from = Math.min(from, port.from)
    to = Math.max(to, port.to)
  }
  return destination.ports ? { from, to } : { from: 0, to: 65535 }
}

function compileStep(
  policy: Policy,
  rule: Rule,
  index: number,
  pool: SelectorPool,
  selectors: PooledSelector[],
): Step | undefined {
  const { action, protocols } = rule
  if (action === 'log') return undefined
  const compiled = compileRule(rule, pool)
  selectors.push(...compiled.selectors)
  const hit = hitOf(policy, action, index)
  return {
    protocol: protocols?.length === 1 ? (protocols[0] ?? anyProtocol) : anyProtocol,
    ...spanOf(rule),
    test: compiled.test,
    action,
    hit,
    alone: numberHits([hit]),
    decision: { by: 'rule', policy, rule, index },
  }
}

export function compilePolicy(policy: Policy, pool: SelectorPool): CompiledPolicy {
  const selectors: PooledSelector[] = []
  const steps = (direction: Direction) =>
    (policy[direction] ?? []).flatMap((rule, index) => compileStep(policy, rule, index, pool, selectors) ?? [])
  return { policy, subject: pool.take(policy.subject), ingress: steps('ingress'), egress: steps('egress'), selectors }
}

/** Gives the selectors back to the pool. */
export function releasePolicy(compiled: CompiledPolicy, pool: SelectorPool): void {
  pool.release(compiled.subject)
  for (const pooled of compiled.selectors) pool.release(pooled)
}

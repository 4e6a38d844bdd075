// A policy made ready for the index.
import type { Policy } from '../objects/policy.ts'
import { type CompiledRule, compileRule } from './compile-rule.ts'
import type { PooledSelector, SelectorPool } from './selector-pool.ts'

export interface CompiledPolicy {
  readonly policy: Policy
  readonly subject: PooledSelector
  readonly ingress: readonly CompiledRule[]
  readonly egress: readonly CompiledRule[]
}

export function compilePolicy(policy: Policy, pool: SelectorPool): CompiledPolicy {
  return {
    policy,
    subject: pool.take(policy.subject),
    ingress: (policy.ingress ?? []).map((rule) => compileRule(rule, pool)),
    egress: (policy.egress ?? []).map((rule) => compileRule(rule, pool)),
  }
}

/** Gives the selectors back to the pool. */
export function releasePolicy(compiled: CompiledPolicy, pool: SelectorPool): void {
  pool.release(compiled.subject)
  for (const { selectors } of [...compiled.ingress, ...compiled.egress])
    for (const pooled of selectors) pool.release(pooled)
}

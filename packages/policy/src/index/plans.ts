// The policies of the moment and, for each identity, the plan that they make. A policy that comes or goes costs the
// identities that it may select; only a new tier, or the first policy of Cilium's, touches every plan.
import { comparePolicies, isCiliumKind, sortTiers } from '../evaluate/order.ts'
import type { Prepared } from '../evaluate/prepare.ts'
import { type Policy, policyKey } from '../objects/policy.ts'
import type { Snapshot, Tier } from '../objects/snapshot.ts'
import { type CompiledPolicy, compilePolicy, releasePolicy } from './compile-policy.ts'
import { answerFor, type Identities, type Identity, type Work } from './identity.ts'
import { createPlan, type Plan } from './plan.ts'
import { concernedBy, createPolicyIndex } from './policy-index.ts'
import { createSelectorPool } from './selector-pool.ts'
import type { IndexedLookup } from './view.ts'

export interface Plans {
  readonly put: (policy: Policy) => void
  readonly remove: (key: string) => void
  /** To be called when tiers or options are others. */
  readonly changedFrame: () => void
  readonly of: (identity: Identity) => Plan
  /** What the reference needs, with one plan's policies, or with all where no plan is given. */
  readonly prepared: (plan?: Plan) => Prepared
  /** Grows with every policy that comes or goes. */
  readonly generation: () => number
  /** Whether the endpoints of some service matter to some policy. */
  readonly asksForServices: () => boolean
}

export interface PlansDeps {
  readonly identities: Identities
  readonly lookup: IndexedLookup
  readonly rest: () => Snapshot
  readonly work: Work
}

const asksForService = ({ ingress = [], egress = [] }: Policy): boolean =>
  [...ingress, ...egress].some(({ source, destination }) => source.services ?? destination.services)

export function createPlans({ identities, lookup, rest, work }: PlansDeps): Plans {
  const pool = createSelectorPool()
  const policies = new Map<string, CompiledPolicy>()
  const index = createPolicyIndex()
  const tierUses = new Map<string, number>()
  let ciliumPolicies = 0
  let policiesWithServices = 0
  let generation = 0
  let tiers: readonly Tier[] | undefined
  let everything: ReadonlyMap<string, readonly Policy[]> | undefined

  const unionTier = () => (ciliumPolicies > 0 ? 'default' : undefined)
  const compare = (a: Policy, b: Policy) => comparePolicies(a, b, rest().options.calico)

  function currentTiers(): readonly Tier[] {
    tiers ??= sortTiers({ tiers: rest().tiers, policies: [...tierUses.keys()].map((tier) => ({ tier })) })
    return tiers
  }

  function forget(concerned: Iterable<Identity>): void {
    for (const identity of concerned) {
      work.identitiesVisited += 1
      identity.plan = undefined
    }
  }

  function changedFrame(): void {
    tiers = undefined
    everything = undefined
    forget(identities.all())
  }

  function count(policy: Policy, by: 1 | -1): void {
    const uses = (tierUses.get(policy.tier) ?? 0) + by
    if (uses > 0) tierUses.set(policy.tier, uses)
    else tierUses.delete(policy.tier)
    if (isCiliumKind(policy.kind)) ciliumPolicies += by
    if (asksForService(policy)) policiesWithServices += by
    const isFirstOrLast = uses === 0 || (by === 1 && uses === 1)
    const turnsUnion = isCiliumKind(policy.kind) && ciliumPolicies === (by === 1 ? 1 : 0)
    if (isFirstOrLast || turnsUnion) changedFrame()
  }

  function touched(compiled: CompiledPolicy, by: 1 | -1): void {
    generation += 1
    everything = undefined
    forget(concernedBy(compiled.subject, identities))
    count(compiled.policy, by)
  }

  function remove(key: string): void {
    const compiled = policies.get(key)
    if (!compiled) return
    policies.delete(key)
    index.remove(compiled)
    touched(compiled, -1)
    releasePolicy(compiled, pool)
  }

  function put(policy: Policy): void {
    remove(policyKey(policy))
    const compiled = compilePolicy(policy, pool)
    policies.set(policyKey(policy), compiled)
    index.add(compiled)
    touched(compiled, 1)
  }

  function makePlan(identity: Identity): Plan {
    work.plansMade += 1
    let isUncertain = false
    const selecting: CompiledPolicy[] = []
    for (const compiled of index.candidates(identity.known)) {
      const selected = answerFor(identity, compiled.subject, work)
      if (selected === false) continue
      if (selected === undefined) isUncertain = true
      selecting.push(compiled)
    }
    selecting.sort((a, b) => compare(a.policy, b.policy))
    return createPlan({ policies: selecting, isUncertain, tiers: currentTiers(), unionTier: unionTier() })
  }

  function allByTier(): ReadonlyMap<string, readonly Policy[]> {
    everything ??= Map.groupBy(
      [...policies.values()].map(({ policy }) => policy).sort(compare),
      (policy) => policy.tier,
    )
    return everything
  }

  return {
    put,
    remove,
    changedFrame,
    of: (identity) => {
      identity.plan ??= makePlan(identity)
      return identity.plan
    },
    prepared: (plan) => {
      const byTier = plan?.byTier
      const policiesOf = (tier: string) => (byTier ?? allByTier()).get(tier) ?? []
      return { lookup, tiers: currentTiers(), policiesOf, unionTier: unionTier() }
    },
    generation: () => generation,
    asksForServices: () => policiesWithServices > 0,
  }
}

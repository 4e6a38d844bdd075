// A snapshot made ready for judging: policies sorted by tier and order, tiers sorted, and ways to find things.
import type { Policy } from '../objects/policy.ts'
import type { Snapshot, Tier } from '../objects/snapshot.ts'
import { createLookup, type Lookup } from './lookup.ts'
import { comparePolicies, isCiliumKind, sortTiers } from './order.ts'

/** A snapshot made ready: sorted, and with ways to find things. */
export interface Prepared {
  readonly lookup: Lookup
  readonly tiers: readonly Tier[]
  /** All policies, in order, by tier. */
  readonly policiesOf: (tier: string) => readonly Policy[]
  readonly unionTier: string | undefined
}

/** Sorts and indexes a snapshot; do it once for many flows. */
export function prepare(snapshot: Snapshot): Prepared {
  const sorted = snapshot.policies.toSorted((a, b) => comparePolicies(a, b, snapshot.options.calico))
  const byTier = Map.groupBy(sorted, (policy) => policy.tier)
  return {
    lookup: createLookup(snapshot),
    tiers: sortTiers(snapshot),
    policiesOf: (tier) => byTier.get(tier) ?? [],
    unionTier: snapshot.policies.some((policy) => isCiliumKind(policy.kind)) ? 'default' : undefined,
  }
}

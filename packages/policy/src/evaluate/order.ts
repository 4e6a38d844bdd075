// The order of tiers, and of policies within one. Ties are broken by name, and the name that counts changed in Calico
// v3.32.
import type { PolicyHitKind } from '@margay/model'
import type { Policy } from '../objects/policy.ts'
import type { SnapshotOptions, Tier } from '../objects/snapshot.ts'

/** Tiers that exist without an object, of both generations of the admin API. */
export const builtInTiers: readonly Tier[] = [
  { name: 'adminnetworkpolicy', order: 1_000, defaultAction: 'pass' },
  { name: 'kube-admin', order: 1_000, defaultAction: 'pass' },
  { name: 'default', order: 1_000_000, defaultAction: 'deny' },
  { name: 'baselineadminnetworkpolicy', order: 10_000_000, defaultAction: 'pass' },
  { name: 'kube-baseline', order: 10_000_000, defaultAction: 'pass' },
]

const builtInNames = new Set(builtInTiers.map((tier) => tier.name))

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const compareNumber = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1)

/**
 * Every tier in order: those that exist first, by order and name, then those that policies only refer to, which deny at
 * their end. Objects cannot change the built-in ones; only `default` takes the order it is given.
 */
export function sortTiers(snapshot: {
  readonly tiers: readonly Tier[]
  readonly policies: readonly Pick<Policy, 'tier'>[]
}): readonly Tier[] {
  const own = snapshot.tiers.filter((tier) => !builtInNames.has(tier.name))
  const existing = [...builtInTiers, ...own].sort(
    (a, b) => compareNumber(a.order, b.order) || compareText(a.name, b.name),
  )
  const names = new Set(existing.map((tier) => tier.name))
  const referred = [...new Set(snapshot.policies.map((policy) => policy.tier))]
    .filter((name) => !names.has(name))
    .sort()
  return [...existing, ...referred.map((name): Tier => ({ name, order: Infinity, defaultAction: 'deny' }))]
}

const kindNames: Record<PolicyHitKind, string> = {
  CalicoNetworkPolicy: 'NetworkPolicy',
  GlobalNetworkPolicy: 'GlobalNetworkPolicy',
  KubernetesNetworkPolicy: 'KubernetesNetworkPolicy',
  ClusterNetworkPolicy: 'KubernetesClusterNetworkPolicy',
  AdminNetworkPolicy: 'KubernetesAdminNetworkPolicy',
  BaselineAdminNetworkPolicy: 'KubernetesBaselineAdminNetworkPolicy',
  CiliumNetworkPolicy: 'CiliumNetworkPolicy',
  CiliumClusterwideNetworkPolicy: 'CiliumClusterwideNetworkPolicy',
  Profile: 'Profile',
  EndOfTier: 'EndOfTier',
}

/** The single name by which v3.31 and before knew a policy. */
function oldName(policy: Policy): string {
  const staged = policy.staged ? 'staged:' : ''
  const prefixes: Partial<Record<PolicyHitKind, string>> = {
    KubernetesNetworkPolicy: 'knp.default.',
    AdminNetworkPolicy: 'kanp.adminnetworkpolicy.',
    BaselineAdminNetworkPolicy: 'kbanp.baselineadminnetworkpolicy.',
  }
  const name = `${staged}${prefixes[policy.kind] ?? ''}${policy.name}`
  return policy.namespace ? `${policy.namespace}/${name}` : name
}

/** What equal orders are compared by. */
export function tieBreaker(policy: Policy, calico: SnapshotOptions['calico']): string {
  if (calico === 'v3.31') return oldName(policy)
  const kind = `${policy.staged ? 'Staged' : ''}${kindNames[policy.kind]}`
  return `${policy.name}/${policy.namespace ?? ''}/${kind}`
}

export function comparePolicies(a: Policy, b: Policy, calico: SnapshotOptions['calico']): number {
  return compareNumber(a.order, b.order) || compareText(tieBreaker(a, calico), tieBreaker(b, calico))
}

/** Whether the snapshot's cluster runs Cilium's rules: then its default tier is a union in which deny goes first. */
export function isCiliumKind(kind: PolicyHitKind): boolean {
  return kind === 'CiliumNetworkPolicy' || kind === 'CiliumClusterwideNetworkPolicy'
}

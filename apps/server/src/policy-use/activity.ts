// What the policy activity log says, as values: which rule of which generation of a policy decided how much, and when last.
// Names of kinds are the log's; both directions of the translation are here, for the writer and the reader.
import type { PolicyHitAction, PolicyHitKind } from '@margay/model'
import { bareName } from '@margay/model'
import type { Direction, Policy } from '@margay/policy'

/** Whose activity it is; the same for every generation. Cilium's parts of one object are one policy here. */
export interface PolicyName {
  readonly kind: PolicyHitKind
  readonly staged: boolean
  readonly namespace?: string
  readonly name: string
  readonly tier: string
}

/** Where in a policy something was decided. */
export interface RuleName {
  /** 0 where the object names none, or a record told only the policy. */
  readonly generation: number
  readonly direction: Direction
  /** As in traces; `none` where the policy made the end of its tier decide. */
  readonly index: number | 'none'
}

export interface Counts {
  readonly connections: number
  readonly packets: number
  readonly bytes: number
}

/** What one rule said over some time. */
export interface Activity extends PolicyName, RuleName {
  readonly action: PolicyHitAction
  readonly counts: Counts
  /** Unix seconds. */
  readonly lastEvaluated: number
}

/** The log's kinds, after Calico's; the prefix of Kubernetes' own tells them from Calico's of the same name. */
const kindNames: { readonly [K in Exclude<PolicyHitKind, 'Profile' | 'EndOfTier'>]: string } = {
  CalicoNetworkPolicy: 'NetworkPolicy',
  GlobalNetworkPolicy: 'GlobalNetworkPolicy',
  KubernetesNetworkPolicy: 'KubernetesNetworkPolicy',
  ClusterNetworkPolicy: 'KubernetesClusterNetworkPolicy',
  AdminNetworkPolicy: 'KubernetesAdminNetworkPolicy',
  BaselineAdminNetworkPolicy: 'KubernetesBaselineAdminNetworkPolicy',
  CiliumNetworkPolicy: 'CiliumNetworkPolicy',
  CiliumClusterwideNetworkPolicy: 'CiliumClusterwideNetworkPolicy',
}

const kindOfName = new Map(Object.entries(kindNames).map(([kind, name]) => [name, kind as PolicyHitKind]))
const staged = 'Staged'

/** `StagedNetworkPolicy`. Undefined for what is no policy: profiles. */
export function activityKind({ kind, staged: isStaged }: Pick<PolicyName, 'kind' | 'staged'>): string | undefined {
  if (kind === 'Profile' || kind === 'EndOfTier') return undefined
  return `${isStaged ? staged : ''}${kindNames[kind]}`
}

export function parseActivityKind(text: string): Pick<PolicyName, 'kind' | 'staged'> | undefined {
  const isStaged = text.startsWith(staged)
  const kind = kindOfName.get(isStaged ? text.slice(staged.length) : text)
  return kind && { kind, staged: isStaged }
}

/** `2-ingress-4`; the end of a tier is `2-ingress--1`, as in traces. */
export const printRuleName = ({ generation, direction, index }: RuleName): string =>
  `${generation}-${direction}-${index === 'none' ? -1 : index}`

const rulePattern = /^(\d+)-(ingress|egress)-(-1|\d+)$/

export function parseRuleName(text: string): RuleName | undefined {
  const [, generation, direction, index] = rulePattern.exec(text) ?? []
  if (generation === undefined) return undefined
  return {
    generation: Number(generation),
    direction: direction as Direction,
    index: index === '-1' ? 'none' : Number(index),
  }
}

/** Kinds whose tier is part of what they are called. */
const isTiered = (kind: PolicyHitKind): boolean => kind === 'CalicoNetworkPolicy' || kind === 'GlobalNetworkPolicy'

/**
 * Unique among policies, for maps, and the same for both ways to name one: Calico Enterprise's traces lose the `<tier>.` that
 * older Calico demands in front of a name, so a record that came with its trace knows `scrape` where the object is called
 * `platform.scrape`.
 */
export const policyNameKey = ({ kind, staged: isStaged, namespace, name, tier }: PolicyName): string =>
  `${isStaged ? staged : ''}${kind} ${namespace ?? ''}/${isTiered(kind) ? `${tier}.` : ''}${bareName({ name, tier })}`

/** The generation of the object that a policy was read from; 0 where it states none, as in a file. */
export function generationOf({ source }: Pick<Policy, 'source'>): number {
  const { generation } = (source['metadata'] ?? {}) as { readonly generation?: unknown }
  return typeof generation === 'number' && Number.isSafeInteger(generation) && generation > 0 ? generation : 0
}

export const noCounts: Counts = { connections: 0, packets: 0, bytes: 0 }

export const addCounts = (a: Counts, b: Counts): Counts => ({
  connections: a.connections + b.connections,
  packets: a.packets + b.packets,
  bytes: a.bytes + b.bytes,
})

// How Felix calls a policy in its prefixes and comments: `knp/shop/web` since v3.32, `shop/knp.default.web` before. Both are
// printed and read; what a name does not say (its tier, mostly) follows from the kind. Pure.
import type { PolicyHit, PolicyHitKind } from '@margay/model'

/** A policy as a rule of a node names it. */
export type NamedPolicy = Omit<PolicyHit, 'index' | 'action' | 'rule'>

type Named = Pick<PolicyHit, 'kind' | 'namespace' | 'name'>

interface KindNames {
  readonly kind: PolicyHitKind
  readonly short: string
  readonly namespaced: boolean
  /** Before v3.32 the kind was a part of the name. */
  readonly oldPrefix?: string
  /** The one tier in which the kind lives; a cluster policy's object says which of two. */
  readonly tier?: string
}

const kinds: readonly KindNames[] = [
  { kind: 'CalicoNetworkPolicy', short: 'np', namespaced: true, oldPrefix: '' },
  { kind: 'GlobalNetworkPolicy', short: 'gnp', namespaced: false, oldPrefix: '' },
  { kind: 'KubernetesNetworkPolicy', short: 'knp', namespaced: true, oldPrefix: 'knp.default.', tier: 'default' },
  { kind: 'ClusterNetworkPolicy', short: 'kcnp', namespaced: false, tier: 'kube-admin' },
  {
    kind: 'AdminNetworkPolicy',
    short: 'kanp',
    namespaced: false,
    oldPrefix: 'kanp.adminnetworkpolicy.',
    tier: 'adminnetworkpolicy',
  },
  {
    kind: 'BaselineAdminNetworkPolicy',
    short: 'kbanp',
    namespaced: false,
    oldPrefix: 'kbanp.baselineadminnetworkpolicy.',
    tier: 'baselineadminnetworkpolicy',
  },
]

const slashed = (...parts: readonly (string | undefined)[]) => parts.filter(Boolean).join('/')

/** `knp/shop/web`; undefined for kinds that Felix does not program. */
export function identityOf({ kind, namespace, name }: Named): string | undefined {
  const names = kinds.find((entry) => entry.kind === kind)
  return names && slashed(names.short, namespace, name)
}

/** `shop/knp.default.web`, as Felix up to v3.31 says it. */
export function oldIdentityOf({ kind, namespace, name }: Named): string | undefined {
  const prefix = kinds.find((entry) => entry.kind === kind)?.oldPrefix
  return prefix === undefined ? undefined : slashed(namespace, `${prefix}${name}`)
}

/** Calico's own policies had to begin with their tier for long. */
const tierIn = (name: string) => /^([^.]+)\../.exec(name)?.[1] ?? 'default'

function named({ kind, tier }: KindNames, namespace: string | undefined, name: string): NamedPolicy {
  return { kind, name, ...(namespace !== undefined && { namespace }), tier: tier ?? tierIn(name), staged: false }
}

function readNew(parts: readonly string[]): NamedPolicy | undefined {
  const names = kinds.find(({ short, namespaced }) => short === parts[0] && parts.length === (namespaced ? 3 : 2))
  return names && named(names, names.namespaced ? parts[1] : undefined, parts.at(-1)!)
}

function readOld(parts: readonly string[]): NamedPolicy | undefined {
  const [name = '', namespace] = parts.toReversed()
  const fits = ({ namespaced, oldPrefix }: KindNames) =>
    namespaced === (namespace !== undefined) && oldPrefix !== undefined && name.startsWith(oldPrefix)
  // The longest prefix: Calico's own policies have none.
  const [names] = kinds.filter(fits).sort((a, b) => b.oldPrefix!.length - a.oldPrefix!.length)
  return names && named(names, namespace, name.slice(names.oldPrefix!.length))
}

/** What an identity says by itself, for policies that the inventory does not have (yet, or any more). */
export function readIdentity(text: string): NamedPolicy | undefined {
  const parts = text.split('/')
  if (parts.some((part) => part === '')) return undefined
  const found = readNew(parts) ?? (parts.length <= 2 ? readOld(parts) : undefined)
  return found?.name === '' ? undefined : found
}

// The policies that there are, found by what rules of a node call them: Felix's identities of both generations, and
// `namespace/name`. Made once for a set of policies and then only read. Long NFLOG prefixes are hashed by Felix, so the
// whole of such a name is found by its last characters and proven by the hash.
import type { Policy } from '@margay/policy'
import { identityOf, oldIdentityOf } from './felix-identity.ts'

/** What a hit needs to know of a policy. Staged ones are in no node's rules and are left out. */
export type KnownPolicy = Pick<Policy, 'kind' | 'name' | 'tier' | 'staged'> &
  Partial<Pick<Policy, 'namespace' | 'ingress' | 'egress'>>

export interface Known {
  readonly policies: Iterable<KnownPolicy>
  /** Names of profiles, those of namespaces among them (`kns.<namespace>`). */
  readonly profiles: Iterable<string>
  readonly tiers: Iterable<string>
}

export interface KnownPolicies {
  /** By Felix's identity: `knp/shop/web` or, before v3.32, `shop/knp.default.web`. */
  byIdentity(text: string): KnownPolicy | undefined
  /** By kind, namespace and name; of several kinds Kubernetes' own comes first. */
  byName(namespace: string | undefined, name: string): KnownPolicy | undefined
  /** Everything that may follow the bar of a hashed prefix and ends so. */
  endingWith(last: string): Iterable<string>
}

/** Characters of a hashed prefix that are its own end. */
export const hashedEnd = 10

const slashed = (namespace: string | undefined, name: string) => (namespace ? `${namespace}/${name}` : name)

export const noPolicies: KnownPolicies = createKnownPolicies({ policies: [], profiles: [], tiers: [] })

export function createKnownPolicies(known: Known): KnownPolicies {
  const byIdentity = new Map<string, KnownPolicy>()
  const byName = new Map<string, KnownPolicy>()
  const byEnd = new Map<string, string[]>()
  const noteEnd = (text: string) => {
    const end = text.slice(-hashedEnd)
    const same = byEnd.get(end)
    if (same) same.push(text)
    else byEnd.set(end, [text])
  }
  for (const policy of known.policies) {
    if (policy.staged) continue
    for (const identity of [identityOf(policy), oldIdentityOf(policy)]) {
      if (identity === undefined || byIdentity.has(identity)) continue
      byIdentity.set(identity, policy)
      noteEnd(identity)
    }
    const name = slashed(policy.namespace, policy.name)
    if (!byName.has(name) || policy.kind === 'KubernetesNetworkPolicy') byName.set(name, policy)
  }
  for (const name of [...known.profiles, ...known.tiers]) noteEnd(name)
  return {
    byIdentity: (text) => byIdentity.get(text),
    byName: (namespace, name) => byName.get(slashed(namespace, name)),
    endingWith: (last) => byEnd.get(last) ?? [],
  }
}

// How a policy is named in addresses and in links from traces: the short kind that Goldmane's texts use, the namespace where
// it has one, and the name, between tildes, which no name of Kubernetes may hold.
import type { PolicyHit } from '@margay/model'
import { bareName, printGoldmaneHit } from '@margay/model'
import type { Policy } from '@margay/policy'

type Named = Pick<Policy, 'kind' | 'namespace' | 'name' | 'staged'>

const shortKind = (named: Named): string => {
  const hit: PolicyHit = { index: 0, tier: '-', action: 'allow', rule: 0, ...hitName(named) }
  return printGoldmaneHit(hit).split('|')[2]!.split(':')[0]!
}

const hitName = ({ kind, namespace, name, staged }: Named) => ({
  kind,
  name,
  staged,
  ...(namespace !== undefined && { namespace }),
})

/** `knp~shop~db`, `gnp~threats`; entries of an object that holds several have their number behind. */
export function policyId(policy: Named & Pick<Policy, 'part'>): string {
  const place = policy.namespace === undefined ? policy.name : `${policy.namespace}~${policy.name}`
  return `${shortKind(policy)}~${place}${policy.part ? `~~${policy.part}` : ''}`
}

/** `shop/db` of `knp~shop~db`. */
export const nameOfPolicyId = (id: string): string => id.split('~~')[0]!.split('~').slice(1).join('/')

/** What a trace and the policy that it names have in common, whether or not the name carries its tier in front. */
export function traceKey(named: Named & { readonly tier?: string }): string {
  return `${shortKind(named)}~${named.namespace ?? ''}~${named.tier ?? ''}~${bareName(named)}`
}

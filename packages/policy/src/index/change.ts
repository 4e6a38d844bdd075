// What may happen to a snapshot: one object at a time as a cluster tells it, or a whole list at a time.
import { type Policy, policyKey } from '../objects/policy.ts'
import {
  type HostEndpoint,
  type Namespace,
  type NetworkSet,
  type Node,
  type Pod,
  type Profile,
  type ServiceAccount,
  type ServiceSlice,
  type Snapshot,
  type Tier,
  podKey,
} from '../objects/snapshot.ts'

/** Lists that may be given anew as a whole. */
export type ReplaceableList = 'networkSets' | 'tiers' | 'hostEndpoints' | 'profiles' | 'services' | 'nodes' | 'domains'

/** Objects that are known by whatever key their giver has for them, since two slices of one service have no name here. */
export interface Keyed {
  readonly networkSet: NetworkSet
  readonly tier: Tier
  readonly hostEndpoint: HostEndpoint
  readonly profile: Profile
  readonly service: ServiceSlice
  readonly node: Node
}

export type Change =
  | { readonly put: 'pod'; readonly value: Pod }
  | { readonly put: 'policy'; readonly value: Policy }
  | { readonly put: 'namespace'; readonly value: Namespace }
  | { readonly put: 'serviceAccount'; readonly value: ServiceAccount }
  | { [Kind in keyof Keyed]: { readonly put: Kind; readonly key: string; readonly value: Keyed[Kind] } }[keyof Keyed]
  /** By `podKey`, `policyKey`, name and `namespace/name`; the others by the key they were put under. */
  | { readonly remove: 'pod' | 'policy' | 'namespace' | 'serviceAccount' | keyof Keyed; readonly key: string }
  | { [List in ReplaceableList]: { readonly replace: List; readonly values: Snapshot[List] } }[ReplaceableList]
  | { readonly replace: 'options'; readonly values: Snapshot['options'] }

export type Put = Extract<Change, { readonly put: unknown }>
export type Removal = Extract<Change, { readonly remove: unknown }>

/** What an object is removed by. */
export function nameOf(change: Put): string {
  switch (change.put) {
    case 'pod':
      return podKey(change.value)
    case 'policy':
      return policyKey(change.value)
    case 'namespace':
      return change.value.name
    case 'serviceAccount':
      return podKey(change.value)
    default:
      return change.key
  }
}

/** Names what the change is of; changes of different keys can be made in any order. */
export function changeKey(change: Change): string {
  if ('put' in change) return `${change.put} ${nameOf(change)}`
  return 'remove' in change ? `${change.remove} ${change.key}` : change.replace
}

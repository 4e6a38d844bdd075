// What may happen to a snapshot, one object at a time where that is common, a whole list at a time where it is rare.
import type { Policy } from '../objects/policy.ts'
import type { Namespace, Pod, ServiceAccount, Snapshot } from '../objects/snapshot.ts'

/** Lists that are given anew as a whole. */
export type ReplaceableList = 'networkSets' | 'tiers' | 'hostEndpoints' | 'profiles' | 'services' | 'nodes' | 'domains'

export type Change =
  | { readonly put: 'pod'; readonly value: Pod }
  | { readonly put: 'policy'; readonly value: Policy }
  | { readonly put: 'namespace'; readonly value: Namespace }
  | { readonly put: 'serviceAccount'; readonly value: ServiceAccount }
  /** By `podKey`, `policyKey`, name and `namespace/name`. */
  | { readonly remove: 'pod' | 'policy' | 'namespace' | 'serviceAccount'; readonly key: string }
  | { [List in ReplaceableList]: { readonly replace: List; readonly values: Snapshot[List] } }[ReplaceableList]
  | { readonly replace: 'options'; readonly values: Snapshot['options'] }

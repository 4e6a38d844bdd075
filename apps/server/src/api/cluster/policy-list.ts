// The policies of a state in the order in which they are asked, as the API tells of them; without what they did.
import type { Policy as AnyPolicy } from '@margay/policy'
import { selectorWords } from '@margay/policy'
import type { Policy } from '@margay/wire'
import { numberOf, secondsOf, textOf } from './document.ts'
import { endpointsOf } from './endpoint-list.ts'
import { policyId } from './policy-id.ts'
import type { ClusterState } from './state.ts'

export interface ListedPolicy {
  readonly policy: AnyPolicy
  readonly listed: Omit<Policy, 'use'>
}

/** All policies, tier by tier, each tier in its order. */
export const orderedPolicies = ({ prepared }: ClusterState): readonly AnyPolicy[] =>
  prepared.tiers.flatMap(({ name }) => prepared.policiesOf(name))

/** Endpoints that each policy selects, by its id; undefined where no endpoint is known. */
async function selectionCounts(state: ClusterState): Promise<ReadonlyMap<string, number> | undefined> {
  const endpoints = await endpointsOf(state)
  if (endpoints.length === 0) return undefined
  const counts = new Map<string, number>()
  for (const { endpoint } of endpoints) {
    for (const { id } of endpoint.policies) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

/** Infinity stands for "last", which the API tells by leaving the order out. */
const orderOf = (order: number | undefined) => (order !== undefined && Number.isFinite(order) ? order : undefined)

function listedOf(policy: AnyPolicy, position: number, tierOrder: number | undefined, selects: number | undefined) {
  const { source, namespace, name, staged, tier, subject, ingress, egress } = policy
  const order = orderOf(policy.order)
  const generation = numberOf(source, 'metadata', 'generation')
  const createdAt = secondsOf(source, 'metadata', 'creationTimestamp')
  const listed: ListedPolicy['listed'] = {
    id: policyId(policy),
    apiVersion: textOf(source, 'apiVersion') ?? '',
    kind: textOf(source, 'kind') ?? policy.kind,
    name,
    scope: namespace === undefined ? 'cluster' : 'namespace',
    staged,
    tier,
    position,
    directions: [...(ingress ? (['ingress'] as const) : []), ...(egress ? (['egress'] as const) : [])],
    subject: selectorWords(subject),
    rules: { ingress: ingress?.length ?? 0, egress: egress?.length ?? 0 },
    ...(namespace !== undefined && { namespace }),
    ...(tierOrder !== undefined && { tierOrder }),
    ...(order !== undefined && { order }),
    ...(selects !== undefined && { selects }),
    ...(generation !== undefined && { generation }),
    ...(createdAt !== undefined && { createdAt }),
  }
  return { policy, listed }
}

async function makeList(state: ClusterState): Promise<readonly ListedPolicy[]> {
  const counts = await selectionCounts(state)
  const tierOrders = new Map(state.prepared.tiers.map(({ name, order }) => [name, orderOf(order)]))
  return orderedPolicies(state).map((policy, position) =>
    listedOf(policy, position, tierOrders.get(policy.tier), counts && (counts.get(policyId(policy)) ?? 0)),
  )
}

const lists = new WeakMap<ClusterState, Promise<readonly ListedPolicy[]>>()

/** All policies of a state in order. Made once per state. */
export function policiesOf(state: ClusterState): Promise<readonly ListedPolicy[]> {
  const list = lists.get(state) ?? makeList(state)
  lists.set(state, list)
  return list
}

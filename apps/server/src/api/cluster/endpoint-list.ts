// Every pod and host endpoint of a cluster's state as the API tells of it, with the policies that concern it in order. Made
// once per state, in steps between which others are answered. What was denied to an endpoint is traffic, and joined later.
import type { Engine, Labels, Pod, Policy, Snapshot } from '@margay/policy'
import { matchSelector, podKey, printAddress } from '@margay/policy'
import type { Endpoint, PolicyRef } from '@margay/wire'
import { labelsOf, textOf } from './document.ts'
import { policyId } from './policy-id.ts'
import type { ClusterState } from './state.ts'
import { documentsOf } from './state.ts'
import type { ObjectDocument } from '../../objects/index.ts'
import { inTurns } from '../turns.ts'
import type { FindOwner } from './workload.ts'
import { workloadOf } from './workload.ts'

export interface ListedEndpoint {
  readonly endpoint: Omit<Endpoint, 'denied'>
  /** Its own labels and those that it inherits: what selectors see. */
  readonly labels: Labels
}

const directionsOf = (policy: Policy): PolicyRef['directions'] => [
  ...(policy.ingress ? (['ingress'] as const) : []),
  ...(policy.egress ? (['egress'] as const) : []),
]

/** One value per policy, however many endpoints have it. */
function createRefs(): (policy: Policy) => PolicyRef {
  const refs = new Map<Policy, PolicyRef>()
  return (policy) => {
    const found = refs.get(policy)
    if (found) return found
    const ref: PolicyRef = {
      id: policyId(policy),
      kind: textOf(policy.source, 'kind') ?? policy.kind,
      name: policy.name,
      tier: policy.tier,
      staged: policy.staged,
      directions: directionsOf(policy),
      ...(policy.namespace !== undefined && { namespace: policy.namespace }),
    }
    refs.set(policy, ref)
    return ref
  }
}

type RefOf = ReturnType<typeof createRefs>

function coverage(policies: readonly PolicyRef[]): Endpoint['protected'] {
  const covers = (direction: 'ingress' | 'egress') =>
    policies.some(({ staged, directions }) => !staged && directions.includes(direction))
  return { ingress: covers('ingress'), egress: covers('egress') }
}

interface Cluster {
  readonly state: ClusterState
  readonly engine: Engine
}

function podEndpoint(document: ObjectDocument, pod: Pod, { state, engine }: Cluster, refOf: RefOf): ListedEndpoint {
  const key = podKey(pod)
  const selecting = pod.hostNetwork ? [] : (engine.policiesOf(key) ?? [])
  const policies = selecting.map(refOf)
  const phase = textOf(document, 'status', 'phase')
  const find: FindOwner = ({ group, kind, name }, namespace) => state.find({ group, kind, namespace, name })?.document
  return {
    labels: engine.endpointOf({ pod: key })?.identity.known.labels ?? pod.labels,
    endpoint: {
      type: 'wep',
      namespace: pod.namespace,
      name: pod.name,
      ips: pod.addresses.map(printAddress),
      workload: workloadOf(document, find),
      labels: labelsOf(document),
      hostNetwork: pod.hostNetwork,
      policies,
      protected: coverage(policies),
      ...(pod.node !== undefined && { node: pod.node }),
      ...(pod.serviceAccount !== undefined && { serviceAccount: pod.serviceAccount }),
      ...(phase !== undefined && { phase }),
    },
  }
}

function hostEndpoints(state: ClusterState, refOf: RefOf): ListedEndpoint[] {
  const { snapshot, prepared } = state
  const ordered = prepared.tiers.flatMap(({ name }) => prepared.policiesOf(name))
  return snapshot.hostEndpoints.map((host) => {
    const { labels } = prepared.lookup.hostLabelsOf(host)
    const policies = ordered.filter((policy) => matchSelector(policy.subject, labels)).map(refOf)
    const endpoint: ListedEndpoint['endpoint'] = {
      type: 'hep',
      name: host.name,
      ips: host.expectedAddresses.map(printAddress),
      node: host.node,
      labels: Object.fromEntries(host.labels),
      hostNetwork: true,
      policies,
      protected: coverage(policies),
    }
    return { labels, endpoint }
  })
}

const podsByKey = ({ pods }: Snapshot) => new Map(pods.map((pod) => [podKey(pod), pod]))

/** Endpoints that are made between two looks at who else waits. */
const stepEndpoints = 200

async function makeList(state: ClusterState): Promise<readonly ListedEndpoint[]> {
  const refOf = createRefs()
  const pods = podsByKey(state.snapshot)
  const documents = documentsOf(state, 'Pod')
  const engine = await state.engine()
  const listed = await inTurns(
    documents,
    (document) => {
      const namespace = textOf(document, 'metadata', 'namespace') ?? 'default'
      // The snapshot has no finished pods: they have no address, and nothing can reach them.
      const pod = pods.get(`${namespace}/${textOf(document, 'metadata', 'name')}`)
      return pod ? podEndpoint(document, pod, { state, engine }, refOf) : []
    },
    { step: stepEndpoints },
  )
  return [...hostEndpoints(state, refOf), ...listed.flat()]
}

const lists = new WeakMap<ClusterState, Promise<readonly ListedEndpoint[]>>()

/** All endpoints of a state, in no order. */
export function endpointsOf(state: ClusterState): Promise<readonly ListedEndpoint[]> {
  const list = lists.get(state) ?? makeList(state)
  lists.set(state, list)
  return list
}

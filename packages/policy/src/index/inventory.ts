// Pods with their identities, by name and by address, kept up with changes one by one; everything rarer is looked up in a
// lookup that is made anew when one of its lists changes.
import { type Address, printAddress } from '../net/address.ts'
import { createLookup, type Lookup, type PodCard, podTitle } from '../evaluate/lookup.ts'
import { podLabels } from '../evaluate/labels.ts'
import type { End } from '../evaluate/ends.ts'
import {
  byAge,
  type Namespace,
  type NetworkSet,
  type Pod,
  podKey,
  type ServiceAccount,
  type Snapshot,
} from '../objects/snapshot.ts'
import type { Identities, Identity } from './identity.ts'
import type { Rest } from './rest.ts'
import type { IndexedLookup } from './view.ts'

/** A pod as it is now; replaced whenever it, or labels that it inherits, change. */
export interface Endpoint {
  readonly pod: Pod
  readonly identity: Identity
  readonly card: PodCard
}

export interface Inventory {
  readonly lookup: IndexedLookup
  readonly endpoint: (key: string) => Endpoint | undefined
  readonly endpointAt: (address: Address) => Endpoint | undefined
  readonly putPod: (pod: Pod) => void
  readonly removePod: (key: string) => void
  readonly putNamespace: (namespace: Namespace) => void
  readonly removeNamespace: (name: string) => void
  readonly putAccount: (account: ServiceAccount) => void
  readonly removeAccount: (key: string) => void
  /** To be called when one of the other lists is another, so that nothing rests on what it was. */
  readonly changedRest: () => void
  /** Grows with every change that is not one of a pod. */
  readonly generation: () => number
}

export function createInventory(start: Snapshot, rest: Rest, identities: Identities): Inventory {
  const endpoints = new Map<string, Endpoint>()
  // Fast path: from a pod that was just looked up to its endpoint, without its name being put together again.
  const byPod = new WeakMap<Pod, Endpoint>()
  /** Whoever claims an address, and last whoever has it. */
  const claims = new Map<string, readonly Endpoint[]>()
  const byNamespace = new Map<string, Set<string>>()
  const namespaces = new Map(start.namespaces.map((entry) => [entry.name, entry]))
  const accounts = new Map(start.serviceAccounts.map((entry) => [podKey(entry), entry]))
  let setIdentities = new Map<NetworkSet, Identity>()
  let generation = 0
  let base: Lookup | undefined

  /** Made on demand, so that several changes in a row cost one rebuild. */
  function baseLookup(): Lookup {
    base ??= createLookup({
      ...rest.snapshot(),
      namespaces: [...namespaces.values()],
      serviceAccounts: [...accounts.values()],
    })
    return base
  }

  function changedRest(): void {
    base = undefined
    generation += 1
    for (const identity of setIdentities.values()) identities.leave(identity)
    setIdentities = new Map()
  }

  const accountOf = (pod: Pod) => accounts.get(`${pod.namespace}/${pod.serviceAccount}`)

  function claim(address: string, endpoint: Endpoint): void {
    const others = claims.get(address) ?? []
    claims.set(
      address,
      [...others, endpoint].sort((a, b) => byAge(a.pod, b.pod)),
    )
  }

  function release(address: string, endpoint: Endpoint): void {
    const others = claims.get(address)?.filter((each) => each !== endpoint) ?? []
    if (others.length > 0) claims.set(address, others)
    else claims.delete(address)
  }

  function forgetPod(key: string): Endpoint | undefined {
    const endpoint = endpoints.get(key)
    if (!endpoint) return undefined
    endpoints.delete(key)
    byNamespace.get(endpoint.pod.namespace)?.delete(key)
    for (const address of endpoint.pod.addresses) release(printAddress(address), endpoint)
    return endpoint
  }

  function putPod(pod: Pod): void {
    const key = podKey(pod)
    const before = forgetPod(key)
    const identity = identities.join(podLabels(pod, namespaces.get(pod.namespace), accountOf(pod)))
    if (before) identities.leave(before.identity)
    const endpoint = { pod, identity, card: { known: identity.known, title: podTitle(pod) } }
    endpoints.set(key, endpoint)
    byPod.set(pod, endpoint)
    byNamespace.set(pod.namespace, (byNamespace.get(pod.namespace) ?? new Set()).add(key))
    if (!pod.hostNetwork) for (const address of pod.addresses) claim(printAddress(address), endpoint)
  }

  function refresh(namespace: string): void {
    // Gathered first: putting a pod takes its key out of the set and back in, and the set would never end.
    const pods = Array.from(byNamespace.get(namespace) ?? [], (key) => endpoints.get(key)?.pod)
    for (const pod of pods) if (pod) putPod(pod)
    changedRest()
  }

  function setIdentity(set: NetworkSet): Identity {
    const found = setIdentities.get(set)
    if (found) return found
    const identity = identities.join(baseLookup().setLabels(set))
    setIdentities.set(set, identity)
    return identity
  }

  const identityOf = (end: End) => (end.kind === 'pod' ? byPod.get(end.pod)?.identity : undefined)

  const endpointAt = (address: Address) => claims.get(printAddress(address))?.at(-1)

  const lookup: IndexedLookup = {
    get options() {
      return rest.snapshot().options
    },
    get setsWithDomains() {
      return baseLookup().setsWithDomains
    },
    get hasSets() {
      return rest.snapshot().networkSets.length > 0
    },
    get domains() {
      return rest.snapshot().domains
    },
    pod: (key) => endpoints.get(key)?.pod,
    podAt: (address) => endpointAt(address)?.pod,
    cardOf: (pod) => byPod.get(pod)?.card ?? baseLookup().cardOf(pod),
    labelsOfVanished: (namespace) => baseLookup().labelsOfVanished(namespace),
    hostEndpoint: (name) => baseLookup().hostEndpoint(name),
    get hostEndpoints() {
      return rest.snapshot().hostEndpoints
    },
    hostEndpointsAt: (address) => baseLookup().hostEndpointsAt(address),
    hostEndpointsOf: (node) => baseLookup().hostEndpointsOf(node),
    hostLabelsOf: (host) => baseLookup().hostLabelsOf(host),
    nodeAt: (address) => baseLookup().nodeAt(address),
    node: (name) => baseLookup().node(name),
    setsHolding: (address) => baseLookup().setsHolding(address),
    setLabels: (set) => setIdentity(set).known,
    service: rest.service,
    profile: (name) => baseLookup().profile(name),
    namesOf: (address) => baseLookup().namesOf(address),
    identityOf,
    setIdentity,
  }

  for (const pod of start.pods) putPod(pod)
  return {
    lookup,
    endpoint: (key) => endpoints.get(key),
    endpointAt,
    putPod,
    removePod: (key) => {
      const gone = forgetPod(key)
      if (gone) identities.leave(gone.identity)
    },
    putNamespace: (namespace) => {
      namespaces.set(namespace.name, namespace)
      refresh(namespace.name)
    },
    removeNamespace: (name) => {
      namespaces.delete(name)
      refresh(name)
    },
    putAccount: (account) => {
      accounts.set(podKey(account), account)
      refresh(account.namespace)
    },
    removeAccount: (key) => {
      accounts.delete(key)
      refresh(key.split('/', 1)[0] ?? '')
    },
    changedRest,
    generation: () => generation,
  }
}

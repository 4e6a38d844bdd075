// From documents (parsed YAML or JSON, from a cluster or from files) to a snapshot. Each kind is one line of the table. An
// object with errors is left out, as the API server would have refused it, and every fault is reported; good objects
// beside it are kept. Where a kind's owner keeps the sound rules of a half-wrong object, so do we.
import { readAdminPolicy } from './admin-policy.ts'
import { readCalicoPolicy } from './calico-policy.ts'
import { readHostEndpoint, readNetworkSet, readProfile, readTier } from './calico-resources.ts'
import { readCiliumPolicies } from './cilium-policy.ts'
import { readEndpointSlice, readNamespace, readNode, readPod, readServiceAccount } from './cluster-resources.ts'
import { readKubernetesNetworkPolicy } from './kubernetes-network-policy.ts'
import { isRecord, type Issue, type Place } from './place.ts'
import { type Policy, policyKey } from './policy.ts'
import { defaultOptions, emptySnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts'

type Lists = { [Key in Exclude<keyof Snapshot, 'options'>]: Snapshot[Key][number][] }

interface Kind {
  readonly groups: readonly string[]
  readonly kind: string
  /** Rules that are wrong are left out alone; the policy stays. */
  readonly keepsSoundRules?: true
  readonly add: (root: Place, lists: Lists) => void
}

const calico = ['projectcalico.org', 'crd.projectcalico.org']
const admin = ['policy.networking.k8s.io']
const cilium = ['cilium.io']

function into<T>(list: T[], value: T | undefined): void {
  if (value !== undefined) list.push(value)
}

const policies = (read: (root: Place) => Policy | undefined) => (root: Place, lists: Lists) =>
  into(lists.policies, read(root))

const kinds: readonly Kind[] = [
  {
    groups: ['networking.k8s.io'],
    kind: 'NetworkPolicy',
    keepsSoundRules: true,
    add: policies((root) => readKubernetesNetworkPolicy(root, false)),
  },
  {
    groups: calico,
    kind: 'StagedKubernetesNetworkPolicy',
    keepsSoundRules: true,
    add: policies((root) => readKubernetesNetworkPolicy(root, true)),
  },
  {
    groups: calico,
    kind: 'NetworkPolicy',
    add: policies((root) => readCalicoPolicy(root, { isGlobal: false, isStaged: false })),
  },
  {
    groups: calico,
    kind: 'GlobalNetworkPolicy',
    add: policies((root) => readCalicoPolicy(root, { isGlobal: true, isStaged: false })),
  },
  {
    groups: calico,
    kind: 'StagedNetworkPolicy',
    add: policies((root) => readCalicoPolicy(root, { isGlobal: false, isStaged: true })),
  },
  {
    groups: calico,
    kind: 'StagedGlobalNetworkPolicy',
    add: policies((root) => readCalicoPolicy(root, { isGlobal: true, isStaged: true })),
  },
  {
    groups: admin,
    kind: 'AdminNetworkPolicy',
    keepsSoundRules: true,
    add: policies((root) => readAdminPolicy(root, 'AdminNetworkPolicy')),
  },
  {
    groups: admin,
    kind: 'BaselineAdminNetworkPolicy',
    keepsSoundRules: true,
    add: policies((root) => readAdminPolicy(root, 'BaselineAdminNetworkPolicy')),
  },
  {
    groups: admin,
    kind: 'ClusterNetworkPolicy',
    keepsSoundRules: true,
    add: policies((root) => readAdminPolicy(root, 'ClusterNetworkPolicy')),
  },
  {
    groups: cilium,
    kind: 'CiliumNetworkPolicy',
    add: (root, lists) => lists.policies.push(...readCiliumPolicies(root, false)),
  },
  {
    groups: cilium,
    kind: 'CiliumClusterwideNetworkPolicy',
    add: (root, lists) => lists.policies.push(...readCiliumPolicies(root, true)),
  },
  { groups: calico, kind: 'Tier', add: (root, lists) => into(lists.tiers, readTier(root)) },
  { groups: calico, kind: 'NetworkSet', add: (root, lists) => into(lists.networkSets, readNetworkSet(root, false)) },
  {
    groups: calico,
    kind: 'GlobalNetworkSet',
    add: (root, lists) => into(lists.networkSets, readNetworkSet(root, true)),
  },
  { groups: calico, kind: 'HostEndpoint', add: (root, lists) => into(lists.hostEndpoints, readHostEndpoint(root)) },
  { groups: calico, kind: 'Profile', add: (root, lists) => into(lists.profiles, readProfile(root)) },
  { groups: [''], kind: 'Namespace', add: (root, lists) => into(lists.namespaces, readNamespace(root)) },
  { groups: [''], kind: 'ServiceAccount', add: (root, lists) => into(lists.serviceAccounts, readServiceAccount(root)) },
  { groups: [''], kind: 'Pod', add: (root, lists) => into(lists.pods, readPod(root)) },
  { groups: [''], kind: 'Node', add: (root, lists) => into(lists.nodes, readNode(root)) },
  {
    groups: ['discovery.k8s.io'],
    kind: 'EndpointSlice',
    add: (root, lists) => into(lists.services, readEndpointSlice(root)),
  },
]

/** Kinds of policy objects that this package reads, for messages and documentation. */
export const policyKinds: readonly string[] = [...new Set(kinds.map((entry) => entry.kind))]

const groupOf = (apiVersion: unknown) => {
  const text = typeof apiVersion === 'string' ? apiVersion : ''
  return text.includes('/') ? text.slice(0, text.indexOf('/')) : ''
}

function titleOf(document: Readonly<Record<string, unknown>>): string {
  const meta = isRecord(document.metadata) ? document.metadata : {}
  const name = typeof meta.name === 'string' ? meta.name : '(no name)'
  const kind = typeof document.kind === 'string' ? document.kind : '(no kind)'
  return `${kind} ${typeof meta.namespace === 'string' ? `${meta.namespace}/` : ''}${name}`
}

/** Lists in, their items out; empty documents between `---` lines vanish. */
function* flatten(documents: Iterable<unknown>): Generator<unknown> {
  for (const document of documents) {
    if (document === null || document === undefined) continue
    if (isRecord(document) && Array.isArray(document.items) && String(document.kind).endsWith('List'))
      yield* flatten(document.items)
    else yield document
  }
}

const emptyLists = (): Lists => ({
  policies: [],
  tiers: [],
  networkSets: [],
  hostEndpoints: [],
  profiles: [],
  namespaces: [],
  serviceAccounts: [],
  pods: [],
  services: [],
  nodes: [],
  domains: [],
})

function withoutRepetition(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>()
  return issues.filter((issue) => {
    const key = JSON.stringify(issue)
    return seen.has(key) ? false : Boolean(seen.add(key))
  })
}

/** Reads one object into the lists; the issues tell whether it was left out. */
function readDocument(document: unknown, lists: Lists): readonly Issue[] {
  if (!isRecord(document))
    return [
      {
        severity: 'error',
        object: '(document)',
        path: '',
        message: `want an object, got ${Array.isArray(document) ? 'a list' : typeof document}`,
      },
    ]
  const object = titleOf(document)
  const group = groupOf(document.apiVersion)
  const kind = kinds.find((entry) => entry.kind === document.kind && entry.groups.includes(group))
  if (!kind)
    return [
      {
        severity: 'warning',
        object,
        path: 'kind',
        message: `${String(document.apiVersion)} ${String(document.kind)} takes no part in policy and is left out`,
      },
    ]
  const issues: Issue[] = []
  const scratch = emptyLists()
  kind.add({ value: document, path: '', report: (issue) => issues.push({ object, ...issue }) }, scratch)
  const isSound = kind.keepsSoundRules || !issues.some((issue) => issue.severity === 'error')
  if (isSound)
    for (const key of Object.keys(scratch) as (keyof Lists)[]) (lists[key] as unknown[]).push(...scratch[key])
  return withoutRepetition(issues)
}

/** The last of several policies of one name stands, as with `kubectl apply`. */
function lastOfEach(all: readonly Policy[]): readonly Policy[] {
  return [...new Map(all.map((policy) => [policyKey(policy), policy])).values()]
}

export interface ParsedSnapshot {
  readonly snapshot: Snapshot
  readonly issues: readonly Issue[]
}

/** Reads documents of any known kind, in any order. */
export function parseSnapshot(documents: Iterable<unknown>, options: Partial<SnapshotOptions> = {}): ParsedSnapshot {
  const lists = emptyLists()
  const issues = [...flatten(documents)].flatMap((document) => readDocument(document, lists))
  const snapshot: Snapshot = {
    ...emptySnapshot,
    ...lists,
    policies: lastOfEach(lists.policies),
    options: { ...defaultOptions, ...options },
  }
  return { snapshot, issues }
}

// What differs between two snapshots, as changes that an engine can apply to get from one to the other. Policies are
// compared by content, so a reformatted file is no change.
import type { Change, ReplaceableList } from '../index/change.ts'
import { type Policy, policyKey } from '../objects/policy.ts'
import { type Namespace, type Pod, podKey, type ServiceAccount, type Snapshot } from '../objects/snapshot.ts'

export interface Difference {
  readonly changes: readonly Change[]
  /** Old and new versions of policies that came, went or are others now. */
  readonly policies: readonly Policy[]
  /** Old and new versions of pods, those included whose namespace or account is another now. */
  readonly pods: readonly Pod[]
  /** Something is another that any flow may rest on: network sets, tiers, services, hosts, profiles, domains, options. */
  readonly surroundings: boolean
}

/** Maps are written as their entries; JSON would lose them. */
const toText = (value: unknown) =>
  JSON.stringify(value, (_, member: unknown) => (member instanceof Map ? [...member.entries()] : member))

const contentOf = (policy: Policy) => toText({ ...policy, source: undefined })

const samePolicy = (a: Policy, b: Policy) => a === b || contentOf(a) === contentOf(b)

const sameText = (a: unknown, b: unknown) => a === b || toText(a) === toText(b)

interface Changed<T> {
  readonly put: readonly T[]
  readonly removed: readonly string[]
  /** Versions on either side that are not on the other. */
  readonly versions: readonly T[]
}

function compareLists<T>(
  before: readonly T[],
  after: readonly T[],
  key: (value: T) => string,
  same: (a: T, b: T) => boolean,
): Changed<T> {
  if (before === after) return { put: [], removed: [], versions: [] }
  const old = new Map(before.map((value) => [key(value), value]))
  const now = new Set(after.map(key))
  const put = after.filter((value) => {
    const was = old.get(key(value))
    return was === undefined || !same(was, value)
  })
  const removed = before.filter((value) => !now.has(key(value)))
  const replaced = put.flatMap((value) => old.get(key(value)) ?? [])
  return { put, removed: removed.map(key), versions: [...put, ...removed, ...replaced] }
}

const replaceable: readonly ReplaceableList[] = [
  'networkSets',
  'tiers',
  'hostEndpoints',
  'profiles',
  'services',
  'nodes',
  'domains',
]

function replacements(before: Snapshot, after: Snapshot): readonly Change[] {
  const lists = replaceable
    .filter((list) => !sameText(before[list], after[list]))
    .map((list) => ({ replace: list, values: after[list] }) as Change)
  return sameText(before.options, after.options) ? lists : [...lists, { replace: 'options', values: after.options }]
}

/** Pods that inherit labels from a namespace or an account that is another now. */
function heirs(
  pods: readonly Pod[],
  namespaces: Changed<Namespace>,
  accounts: Changed<ServiceAccount>,
): readonly Pod[] {
  const names = new Set(namespaces.versions.map((namespace) => namespace.name))
  const keys = new Set(accounts.versions.map(podKey))
  if (names.size + keys.size === 0) return []
  return pods.filter((pod) => names.has(pod.namespace) || keys.has(`${pod.namespace}/${pod.serviceAccount}`))
}

/** What differs, and how to get from `before` to `after`. */
export function differenceOf(before: Snapshot, after: Snapshot): Difference {
  const policies = compareLists(before.policies, after.policies, policyKey, samePolicy)
  const pods = compareLists(before.pods, after.pods, podKey, sameText)
  const namespaces = compareLists(before.namespaces, after.namespaces, (namespace) => namespace.name, sameText)
  const accounts = compareLists(before.serviceAccounts, after.serviceAccounts, podKey, sameText)
  const replaced = replacements(before, after)
  const removals = (kind: 'policy' | 'pod' | 'namespace' | 'serviceAccount', keys: readonly string[]) =>
    keys.map((key): Change => ({ remove: kind, key }))
  return {
    changes: [
      ...replaced,
      ...removals('namespace', namespaces.removed),
      ...namespaces.put.map((value): Change => ({ put: 'namespace', value })),
      ...removals('serviceAccount', accounts.removed),
      ...accounts.put.map((value): Change => ({ put: 'serviceAccount', value })),
      ...removals('pod', pods.removed),
      ...pods.put.map((value): Change => ({ put: 'pod', value })),
      ...removals('policy', policies.removed),
      ...policies.put.map((value): Change => ({ put: 'policy', value })),
    ],
    policies: policies.versions,
    pods: [...pods.versions, ...heirs([...before.pods, ...after.pods], namespaces, accounts)],
    surroundings: replaced.length > 0 || namespaces.versions.length > 0,
  }
}

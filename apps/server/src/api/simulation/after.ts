// The cluster as it would be with other documents: those of the same name are replaced, as kubectl apply does, and policies
// that are named by their ids go.
import type { Policy, Snapshot } from '@margay/policy'
import { parseSnapshot, policyKey } from '@margay/policy'
import { parseAllDocuments } from 'yaml'
import type { PolicySimulation } from '@margay/wire'
import { policyId } from '../cluster/policy-id.ts'
import { ApiError } from '../../http/problem.ts'

export interface After {
  readonly snapshot: Snapshot
  readonly policies: PolicySimulation['policies']
  readonly issues: PolicySimulation['issues']
}

type Documents = string | readonly Readonly<Record<string, unknown>>[]

/** Throws `bad_request` with the line where the text is no YAML. */
function readDocuments(documents: Documents): readonly unknown[] {
  if (typeof documents !== 'string') return documents
  const parsed = parseAllDocuments(documents)
  const [error] = parsed.flatMap((document) => document.errors)
  if (error) throw new ApiError('bad_request', `documents: ${error.message.split('\n')[0]}`)
  try {
    return parsed.map((document): unknown => document.toJS())
  } catch (cause) {
    // Aliases that lead nowhere, or that grow without end.
    throw new ApiError('bad_request', `documents: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

interface Named {
  readonly namespace?: string
  readonly name: string
}
const placeOf = ({ namespace, name }: Named) => `${namespace ?? ''}/${name}`

function laid<T>(before: readonly T[], over: readonly T[], keyOf: (value: T) => string): readonly T[] {
  if (over.length === 0) return before
  const keys = new Set(over.map(keyOf))
  return [...before.filter((value) => !keys.has(keyOf(value))), ...over]
}

function layOver(before: Snapshot, over: Snapshot): Snapshot {
  return {
    ...before,
    policies: laid(before.policies, over.policies, policyKey),
    tiers: laid(before.tiers, over.tiers, placeOf),
    networkSets: laid(before.networkSets, over.networkSets, placeOf),
    hostEndpoints: laid(before.hostEndpoints, over.hostEndpoints, placeOf),
    profiles: laid(before.profiles, over.profiles, placeOf),
    namespaces: laid(before.namespaces, over.namespaces, placeOf),
    serviceAccounts: laid(before.serviceAccounts, over.serviceAccounts, placeOf),
    pods: laid(before.pods, over.pods, placeOf),
    nodes: laid(before.nodes, over.nodes, placeOf),
    services: [...before.services, ...over.services],
  }
}

const textOf = (policy: Policy) => JSON.stringify({ ...policy, source: undefined })

function changeOf(policy: Policy, before: ReadonlyMap<string, Policy>): PolicySimulation['policies'][number] {
  const old = before.get(policyKey(policy))
  const change = !old ? 'added' : textOf(old) === textOf(policy) ? 'same' : 'replaced'
  return { id: policyId(policy), change }
}

/** Throws `bad_request` where a policy that should go is not there. */
function checkRemovals(remove: readonly string[], { policies }: Snapshot): void {
  const known = new Set(policies.map(policyId))
  const wrong = remove.find((id) => !known.has(id))
  if (wrong === undefined) return
  throw new ApiError('bad_request', `remove: unknown policy "${wrong}"`, {
    hint: 'GET /api/v1/policies lists those of a moment with their ids ("margay policy list -o wide")',
  })
}

export function snapshotAfter(before: Snapshot, documents: Documents, remove: readonly string[]): After {
  checkRemovals(remove, before)
  const { snapshot: over, issues } = parseSnapshot(readDocuments(documents), before.options)
  const old = new Map(before.policies.map((policy) => [policyKey(policy), policy]))
  const gone = new Set(remove)
  const laidOver = layOver(before, over)
  return {
    snapshot: { ...laidOver, policies: laidOver.policies.filter((policy) => !gone.has(policyId(policy))) },
    policies: [
      ...over.policies.map((policy) => changeOf(policy, old)),
      ...remove.map((id) => ({ id, change: 'removed' as const })),
    ],
    issues: [...issues],
  }
}

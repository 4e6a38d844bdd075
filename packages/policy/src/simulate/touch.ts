// Which flows a difference can touch at all: those with an end that is another now, those whose source an egress policy or
// whose destination an ingress policy that differs may select, and all where the surroundings differ. Everything else keeps
// its verdict and is not judged.
import type { Flow, FlowEnd } from '../evaluate/flow.ts'
import { judgeSelector } from '../evaluate/labels.ts'
import { isCiliumKind } from '../evaluate/order.ts'
import type { Engine } from '../index/engine.ts'
import type { Identity } from '../index/identity.ts'
import { printAddress } from '../net/address.ts'
import type { Direction, Policy } from '../objects/policy.ts'
import { podKey, type Snapshot } from '../objects/snapshot.ts'
import type { Difference } from './difference.ts'

/** Remembers by identity, of which there are far fewer than flows. */
function createMaySelect(policies: readonly Policy[], direction: Direction): (identity: Identity) => boolean {
  const covering = policies.filter((policy) => policy[direction] !== undefined)
  const known = new Map<Identity, boolean>()
  return (identity) => {
    const found = known.get(identity)
    if (found !== undefined) return found
    const may = covering.some((policy) => judgeSelector(policy.subject, identity.known) !== false)
    known.set(identity, may)
    return may
  }
}

/** Cilium's first policy, or its last to go, makes the default tier a union or no longer one: that touches everybody. */
function turnsUnion(before: Snapshot, after: Snapshot): boolean {
  const hasUnion = ({ policies }: Snapshot) => policies.some((policy) => isCiliumKind(policy.kind))
  return hasUnion(before) !== hasUnion(after)
}

/** Ends without labels of their own here (hosts, vanished pods) may be selected by any policy. */
function mayBeHost(end: FlowEnd, { hostEndpoints, options }: Snapshot): boolean {
  return (
    end.pod !== undefined || end.hostEndpoint !== undefined || hostEndpoints.length > 0 || options.podBlocks.length > 0
  )
}

/** A test for flows: true when the verdict might differ. `engine` still holds the snapshot before. */
export function createTouch(
  before: Snapshot,
  after: Snapshot,
  difference: Difference,
  engine: Engine,
): (flow: Flow) => boolean {
  if (difference.surroundings || turnsUnion(before, after)) return () => true
  const pods = new Set(difference.pods.map(podKey))
  const addresses = new Set(difference.pods.flatMap((pod) => pod.addresses.map(printAddress)))
  const maySelect = {
    ingress: createMaySelect(difference.policies, 'ingress'),
    egress: createMaySelect(difference.policies, 'egress'),
  }
  const hasPolicies = difference.policies.length > 0

  function touches(end: FlowEnd, direction: Direction): boolean {
    if (pods.size > 0 && end.pod !== undefined && pods.has(end.pod)) return true
    if (addresses.size > 0 && end.address && addresses.has(printAddress(end.address))) return true
    const endpoint = engine.endpointOf(end)
    if (!endpoint) return hasPolicies && mayBeHost(end, before)
    if (pods.size > 0 && pods.has(podKey(endpoint.pod))) return true
    return endpoint.pod.hostNetwork ? hasPolicies : maySelect[direction](endpoint.identity)
  }

  const isEmpty = difference.changes.length === 0
  return (flow) =>
    !isEmpty && (flow.via !== undefined || touches(flow.source, 'egress') || touches(flow.destination, 'ingress'))
}

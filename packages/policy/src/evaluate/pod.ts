// Policy at a pod, and its exceptions: a node reaches its own pods whatever policy says, a pod reaches itself, and traffic
// from a pod to its own node is also subject to what Felix was told about such traffic.
import type { Direction, Rule } from '../objects/policy.ts'
import { namespaceLabel } from '../objects/scope.ts'
import type { SnapshotOptions } from '../objects/snapshot.ts'
import type { Answer } from './answer.ts'
import type { End, Ends } from './ends.ts'
import type { Lookup } from './lookup.ts'
import type { Outcome } from './outcome.ts'
import type { Prepared } from './prepare.ts'
import type { DirectionResult, Flow, Mode } from './flow.ts'
import { exempt, judgeTiers, resultOf, unknownResult } from './judge.ts'
import { namespaceProfile, walkProfiles } from './profiles.ts'

type PodEnd = End & { readonly kind: 'pod' | 'missing' }

const nodeOf = (end: End) => (end.kind === 'node' ? end.node.name : end.kind === 'host' ? end.host.node : undefined)

/** Whether the other end is the node on which the pod runs. */
export function isOwnNode(pod: End, other: End): boolean {
  return pod.kind === 'pod' && pod.pod.node !== undefined && nodeOf(other) === pod.pod.node
}

/** Whether both ends are one pod. */
const isItself = ({ source, destination }: Ends): boolean =>
  source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod

/**
 * Why no policy is asked at a pod; undefined where policies are. That a pod cannot shut itself out is Kubernetes' own rule
 * ("Network Policies", behavior of to and from selectors).
 */
export function exemptionOf(end: End, direction: Direction, ends: Ends): string | undefined {
  if (isItself(ends)) return 'a pod always reaches itself'
  return direction === 'ingress' && isOwnNode(end, ends.source) ? 'a node always reaches its own pods' : undefined
}

/** What follows the tiers at a pod: its own profiles, or its namespace's. */
export function afterTiersAt(
  end: PodEnd,
  direction: Direction,
  lookup: Lookup,
  matches: (rule: Rule) => Answer,
): Outcome {
  if (end.kind === 'missing') return namespaceProfile(end.known?.labels.get(namespaceLabel) ?? '')
  const { profiles, namespace } = end.pod
  return profiles ? walkProfiles(profiles, direction, lookup.profile, matches) : namespaceProfile(namespace)
}

/** One direction at a pod, known or vanished. */
export function judgePod(
  end: PodEnd,
  direction: Direction,
  flow: Flow,
  ends: Ends,
  prepared: Prepared,
  mode: Mode,
): DirectionResult {
  const { known } = end
  if (!known) return unknownResult(direction, end, { kind: 'endpoint', text: `who ${end.title} is` })
  const exemption = exemptionOf(end, direction, ends)
  if (exemption !== undefined) return exempt(direction, end, exemption)
  const judged = judgeTiers({
    end,
    known,
    direction,
    flow,
    ends,
    prepared,
    mode,
    concerns: (policy) => policy.stage === 'normal',
    afterTiers: (matches) => afterTiersAt(end, direction, prepared.lookup, matches),
  })
  return resultOf(direction, end, judged)
}

/** Applies Felix' setting to traffic that a pod's policy lets out to the pod's own node. */
export function judgeOwnHost(
  result: DirectionResult,
  ends: Ends,
  { endpointToHost }: SnapshotOptions,
): DirectionResult {
  if (result.verdict !== 'allow' || endpointToHost !== 'drop' || !isOwnNode(ends.source, ends.destination))
    return result
  const reason = 'defaultEndpointToHostAction drops traffic from a pod to its own node'
  return { ...result, verdict: 'deny', decision: { by: 'exemption', reason } }
}

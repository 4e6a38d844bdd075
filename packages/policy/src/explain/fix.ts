// The smallest change that would admit a flow: proposals from the nearest rule, cheapest first, each tried by judging the
// flow again under the changed snapshot. A proposal that does not admit the flow is not made.
import { evaluate } from '../evaluate/evaluate.ts'
import type { End } from '../evaluate/ends.ts'
import type { DirectionResult, Evaluation, Flow, Mode } from '../evaluate/flow.ts'
import { type Direction, type Entity, type Policy, policyKey, type Rule } from '../objects/policy.ts'
import { inNamespace, isPod } from '../objects/scope.ts'
import { podKey, type Snapshot } from '../objects/snapshot.ts'
import { and, equals, type Selector } from '../selector/ast.ts'
import { stableLabels } from '../recommend/workload.ts'
import type { Difference } from './difference.ts'
import { policyName, ruleWords } from './words.ts'

export interface Fix {
  readonly kind: 'label' | 'port' | 'rule'
  /** `set label role = web on pod shop/checkout`. */
  readonly text: string
  /** The snapshot with the change made. */
  readonly apply: (snapshot: Snapshot) => Snapshot
}

/** A rule of the policy that decided, and what the flow lacks for it. */
export interface Near {
  readonly policy: Policy
  readonly rule: Rule
  readonly index: number
  readonly differences: readonly Difference[]
}

function withPolicy(snapshot: Snapshot, policy: Policy, change: (policy: Policy) => Policy): Snapshot {
  const key = policyKey(policy)
  return { ...snapshot, policies: snapshot.policies.map((each) => (policyKey(each) === key ? change(each) : each)) }
}

const changeRules = (
  policy: Policy,
  direction: Direction,
  change: (rules: readonly Rule[]) => readonly Rule[],
): Policy => ({
  ...policy,
  [direction]: change(policy[direction] ?? []),
})

/** All that is missing are labels that could be set on one pod. */
function labelFix({ differences }: Near, ends: Record<'source' | 'destination', End>): Fix | undefined {
  const [first] = differences
  if (!first?.side || !differences.every((each) => each.labels && each.side === first.side)) return undefined
  const end = ends[first.side]
  if (end.kind !== 'pod') return undefined
  const labels = new Map(differences.flatMap((each) => [...(each.labels ?? [])]))
  if ([...labels.keys()].some((key) => /^(pcns\.|pcsa\.|projectcalico\.org\/)/.test(key))) return undefined
  const words = [...labels].map(([key, value]) => `${key} = ${value || '""'}`).join(', ')
  const key = podKey(end.pod)
  return {
    kind: 'label',
    text: `set ${labels.size > 1 ? 'labels' : 'label'} ${words} on pod ${key}`,
    apply: (snapshot) => ({
      ...snapshot,
      pods: snapshot.pods.map((pod) =>
        podKey(pod) === key ? { ...pod, labels: new Map([...pod.labels, ...labels]) } : pod,
      ),
    }),
  }
}

/** All that is missing is the port, in a rule that lists ports. */
function portFix(near: Near, flow: Flow, direction: Direction): Fix | undefined {
  const { policy, rule, index, differences } = near
  const [only] = differences
  const { port } = flow
  if (differences.length !== 1 || only?.kind !== 'port' || only.side !== 'destination' || port === undefined)
    return undefined
  const ports = [...(rule.destination.ports ?? []), { from: port, to: port }]
  const wider: Rule = { ...rule, destination: { ...rule.destination, ports } }
  return {
    kind: 'port',
    text: `add port ${port} to rule ${rule.number} of ${direction} of ${policyName(policy)}`,
    apply: (snapshot) =>
      withPolicy(snapshot, policy, (each) => changeRules(each, direction, (rules) => rules.with(index, wider))),
  }
}

function peerEntity(end: End): Entity | undefined {
  if (end.kind === 'pod') {
    const labels = [...stableLabels(end.pod.labels)].map(([key, value]): Selector => equals(key, value))
    return { selector: and(isPod, inNamespace(end.pod.namespace), ...labels) }
  }
  return end.address && { nets: [{ ...end.address, bits: end.address.words.length * 32 }] }
}

/** A new rule for exactly this peer, protocol and port, in front of the others. */
function ruleFix(
  policy: Policy,
  flow: Flow,
  ends: Record<'source' | 'destination', End>,
  direction: Direction,
): Fix | undefined {
  const peer = peerEntity(direction === 'ingress' ? ends.source : ends.destination)
  if (!peer) return undefined
  const atPort: Entity = flow.port === undefined ? {} : { ports: [{ from: flow.port, to: flow.port }] }
  const rule: Rule = {
    action: 'allow',
    origin: `${direction}[new]`,
    number: 0,
    protocols: [flow.protocol],
    source: direction === 'ingress' ? peer : {},
    destination: direction === 'ingress' ? atPort : { ...peer, ...atPort },
  }
  const place = policy.kind === 'KubernetesNetworkPolicy' ? 'add' : 'put in front'
  return {
    kind: 'rule',
    text: `${place} an ${direction} rule in ${policyName(policy)}: ${ruleWords(rule)}`,
    apply: (snapshot) =>
      withPolicy(snapshot, policy, (each) => changeRules(each, direction, (rules) => [rule, ...rules])),
  }
}

const resultOf = (evaluation: Evaluation, direction: Direction): DirectionResult | undefined =>
  evaluation[direction === 'ingress' ? 'destination' : 'source']

const opposite = { ingress: 'egress', egress: 'ingress' } as const

/** Whether a change admits the flow in this direction and takes nothing away in the other: a label may bring policies of its own. */
function admits(before: Evaluation, after: Evaluation, direction: Direction): boolean {
  const [was, is] = [before, after].map((each) => resultOf(each, opposite[direction])?.verdict ?? 'allow')
  return resultOf(after, direction)?.verdict === 'allow' && (is === was || is === 'allow')
}

/** Of many near rules only the nearest are worth a proposal, and each proposal costs a judgement. */
const mostProposals = 5

/** Verdicts rest on the two ends alone, so trying a change needs no other pod. */
function onlyEnds(snapshot: Snapshot, ends: Record<'source' | 'destination', End>): Snapshot {
  const pods = [ends.source, ends.destination].flatMap((end) => (end.kind === 'pod' ? end.pod : []))
  return { ...snapshot, pods: [...new Set(pods)] }
}

/** The first proposal that works, cheapest first; undefined when none does. */
export function findFix(
  near: readonly Near[],
  policies: readonly Policy[],
  flow: Flow,
  ends: Record<'source' | 'destination', End>,
  direction: Direction,
  snapshot: Snapshot,
  mode: Mode,
): Fix | undefined {
  const nearest = near.slice(0, mostProposals)
  const proposals = [
    ...nearest.map((each) => labelFix(each, ends)),
    ...nearest.map((each) => portFix(each, flow, direction)),
    ...policies.slice(0, mostProposals).map((policy) => ruleFix(policy, flow, ends, direction)),
  ]
  const tried = onlyEnds(snapshot, ends)
  const before = evaluate(flow, tried, mode)
  return proposals.find((fix) => fix && admits(before, evaluate(flow, fix.apply(tried), mode), direction))
}

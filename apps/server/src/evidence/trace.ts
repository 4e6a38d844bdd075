// The way of one packet through a node's rules, read as policy: which policies were asked, which rule decided. Steps come in
// the order of the packet's way; the last one with a verdict decided. Pure.
import type { PolicyHit, PolicyHitAction } from '@margay/model'
import type { Direction } from '@margay/policy'
import type { StepVerdict, TraceMark } from '@margay/wire'
import { printMark } from '@margay/wire'
import { readComment } from './comment-words.ts'
import type { CommentWord } from './comment-words.ts'
import type { KnownPolicies } from './known-policies.ts'
import type { MarkHit } from './mark-hit.ts'

export interface ReadTrace {
  readonly hits: readonly MarkHit[]
  /** What became of the packet, whichever direction decided. */
  readonly verdict: 'allow' | 'deny' | undefined
  /** Deciding rules that nobody understands, as they were sent. */
  readonly unknown: readonly string[]
}

/** A pod's own rules in one direction, while the packet passes them. */
interface PodRules {
  readonly direction: Direction
  readonly namespace: string
  readonly selecting: Set<string>
  readonly admitting: Set<string>
}

const isFinal = (verdict: StepVerdict) => verdict === 'accept' || verdict === 'drop'

const actionOf = (verdict: StepVerdict): PolicyHitAction =>
  verdict === 'drop' ? 'deny' : verdict === 'accept' ? 'allow' : 'pass'

/** Chains of Felix for packets to and from a workload. */
function felixWay(chain: string): Direction | undefined {
  if (/^(filter-)?cali-t[wh]-/.test(chain)) return 'ingress'
  return /^(filter-)?cali-f[wh]-/.test(chain) ? 'egress' : undefined
}

const kubernetesPolicy = (namespace: string, name: string) =>
  ({ tier: 'default', kind: 'KubernetesNetworkPolicy', namespace, name, staged: false }) as const

/** The rule's place where there is only one that it can be. */
function onlyRule(namespace: string, name: string, direction: Direction, known: KnownPolicies): PolicyHit['rule'] {
  return known.byName(namespace, name)?.[direction]?.length === 1 ? 0 : 'unknown'
}

/** Policies of one tier that admit add up: the first of them by name stands for all, as where they are evaluated. */
function podHit(pod: PodRules, refused: boolean, known: KnownPolicies): MarkHit | undefined {
  const { direction, namespace } = pod
  const first = [...pod.admitting].sort()[0]
  if (first !== undefined) {
    const rule = onlyRule(namespace, first, direction, known)
    return { direction, hit: { ...kubernetesPolicy(namespace, first), action: 'allow', rule } }
  }
  const last = [...pod.selecting].sort().at(-1)
  if (!refused || last === undefined) return undefined
  return { direction, hit: { ...kubernetesPolicy(namespace, last), action: 'deny', rule: 'none' } }
}

const namespaceProfile = (namespace: string) =>
  ({ kind: 'Profile', name: `kns.${namespace}`, action: 'allow', rule: 0, staged: false }) as const

const noProfile = { kind: 'Profile', name: '__NO_MATCH__', action: 'deny', rule: 'none', staged: false } as const

interface Reading {
  readonly known: KnownPolicies
  readonly hits: MarkHit[]
  pod: PodRules | undefined
}

/** Leaves a pod's rules: what they said becomes a hit. */
function leavePod(reading: Reading, refused: boolean): void {
  const hit = reading.pod && podHit(reading.pod, refused, reading.known)
  if (hit) reading.hits.push(hit)
  reading.pod = undefined
}

/** A policy's rules share a comment and a packet may meet several: one hit, with the last verdict. */
function addPolicy(reading: Reading, word: CommentWord & { says: 'policy' }, verdict: StepVerdict): void {
  const { policy, direction, rule } = word
  const { hits } = reading
  const hit = { ...policy, action: actionOf(verdict), rule }
  const last = hits.at(-1)
  const isSame =
    last?.direction === direction &&
    last?.hit.kind === policy.kind &&
    last.hit.namespace === policy.namespace &&
    last.hit.name === policy.name &&
    last.hit.rule === rule
  if (isSame) hits.pop()
  hits.push({ direction, hit })
}

function take(reading: Reading, step: TraceMark, word: CommentWord): void {
  const { hits, pod } = reading
  switch (word.says) {
    case 'enters pod':
      leavePod(reading, false)
      reading.pod = { ...word, selecting: new Set(), admitting: new Set() }
      return
    case 'selects':
      if (pod && (word.namespace ?? pod.namespace) === pod.namespace) pod.selecting.add(word.name)
      return
    case 'selected by none':
      if (pod?.direction === word.direction)
        hits.push({ direction: word.direction, hit: namespaceProfile(pod.namespace) })
      return
    case 'admits':
      return admit(reading, word)
    case 'refuses':
      return leavePod(reading, true)
    case 'end of tier': {
      const hit = {
        tier: word.tier,
        kind: 'EndOfTier',
        name: word.tier,
        action: actionOf(step.verdict),
        rule: 'none',
      } as const
      return void hits.push({ direction: felixWay(step.chain), hit: { ...hit, staged: false } })
    }
    case 'end of profiles':
      return void hits.push({ direction: felixWay(step.chain), hit: noProfile })
    case 'policy':
      return addPolicy(reading, word, step.verdict)
    case 'hit':
      return void hits.push(word.hit)
    case 'nothing':
  }
}

function admit(reading: Reading, { namespace, name, direction }: CommentWord & { says: 'admits' }): void {
  const { pod } = reading
  if (pod && pod.namespace === namespace && (direction ?? pod.direction) === pod.direction) {
    pod.admitting.add(name)
    return
  }
  const rule = direction ? onlyRule(namespace, name, direction, reading.known) : 'unknown'
  reading.hits.push({ direction, hit: { ...kubernetesPolicy(namespace, name), action: 'allow', rule } })
}

/** Where rules pass a packet on and accept it later, the policy that they name last is the one that allowed it. */
function settle(hits: readonly MarkHit[], verdict: ReadTrace['verdict']): readonly MarkHit[] {
  if (verdict !== 'allow') return hits
  return hits.map((one, at) => {
    const isLastOfDirection = !hits.slice(at + 1).some(({ direction }) => direction === one.direction)
    const isOpen = one.hit.action === 'pass' && one.hit.rule === 'unknown'
    return isLastOfDirection && isOpen ? { ...one, hit: { ...one.hit, action: 'allow' as const } } : one
  })
}

/** What is said of policies on a packet's way. */
export function readTrace(steps: readonly TraceMark[], known: KnownPolicies): ReadTrace {
  const reading: Reading = { known, hits: [], pod: undefined }
  const unknown: string[] = []
  let verdict: ReadTrace['verdict']
  for (const step of steps) {
    if (isFinal(step.verdict)) verdict = step.verdict === 'drop' ? 'deny' : 'allow'
    if (step.rule === 'policy' || 'handle' in step.rule) continue
    const word = readComment(step.rule.comment, known)
    if (word) take(reading, step, word)
    else if (isFinal(step.verdict)) unknown.push(printMark(step))
  }
  leavePod(reading, verdict === 'deny')
  return { hits: settle(reading.hits, verdict), verdict, unknown }
}

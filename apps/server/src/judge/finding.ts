// What an evaluation says of one report: its own direction, as Calico has it (egress at the source, ingress at the
// destination), in the texts of the log, with the rules that are to be credited, and beside it the verdict of the other end.
import type { PolicyHit, PolicyHitAction } from '@margay/model'
import { printEnterpriseHit } from '@margay/model'
import type { Direction, DirectionResult, Evaluation, Policy, Verdict } from '@margay/policy'
import type { PolicyName, RuleName } from '../policy-use/activity.ts'
import { generationOf } from '../policy-use/activity.ts'

/** A rule that said something, or a policy that made the end of its tier say it. */
export interface Credit extends PolicyName, RuleName {
  readonly action: PolicyHitAction
}

export interface Finding {
  /** Unique in this process; findings that say the same are one, but for those that were forgotten meanwhile. */
  readonly id: number
  /** Equal for findings that say the same. */
  readonly key: string
  readonly direction: Direction
  /** `allow` also where the end is under no policy. */
  readonly verdict: Verdict
  /** Empty where the verdict is unknown: half a trace would be read as a whole one. */
  readonly trace: readonly string[]
  readonly credits: readonly Credit[]
  /** Facts that would have to be known to tell. Empty unless the verdict is unknown. */
  readonly missing: readonly string[]
  /** The other end's, where it is under policy. */
  readonly peer: Verdict | undefined
}

/** At a moment, Unix seconds; now where none is given. */
export type GenerationOf = (policy: PolicyName, at?: number) => number

/** Traces of most flows are shared by the engine, so most hits are printed once. */
const printed = new WeakMap<PolicyHit, string>()

function printHit(hit: PolicyHit): string {
  const known = printed.get(hit)
  if (known !== undefined) return known
  const text = printEnterpriseHit(hit)
  printed.set(hit, text)
  return text
}

const isPolicy = ({ kind }: PolicyHit) => kind !== 'Profile' && kind !== 'EndOfTier'

/** Credits for the hits of a trace whose rules are not at hand. */
export function creditsOfHits(
  hits: readonly PolicyHit[],
  direction: Direction,
  generation: GenerationOf,
): readonly Credit[] {
  return hits.filter(isPolicy).map((hit): Credit => {
    const { kind, staged, namespace, name, tier = '', action, rule } = hit
    const policy = { kind, staged, name, tier, ...(namespace !== undefined && { namespace }) }
    return {
      ...policy,
      generation: generation(policy),
      direction,
      index: rule === 'unknown' ? 'none' : rule,
      action,
    }
  })
}

const creditOf = (policy: Policy, direction: Direction, index: number | 'none', action: PolicyHitAction): Credit => ({
  kind: policy.kind,
  staged: policy.staged,
  ...(policy.namespace !== undefined && { namespace: policy.namespace }),
  name: policy.name,
  tier: policy.tier,
  generation: generationOf(policy),
  direction,
  index,
  action,
})

/**
 * Who is credited: each hit of the trace, and at the end of a tier every policy that isolates and not only the one that the
 * trace names. A policy without rules does its work there, and would look unused.
 */
function creditsOf({ direction, trace, decision }: DirectionResult, generation: GenerationOf): readonly Credit[] {
  const last = trace.at(-1)
  const before = creditsOfHits(trace.slice(0, -1), direction, generation)
  if (!last) return before
  if (decision.by === 'rule') return [...before, creditOf(decision.policy, direction, decision.index, last.action)]
  if (decision.by !== 'end-of-tier') return [...before, ...creditsOfHits([last], direction, generation)]
  return [...before, ...decision.isolating.map((policy) => creditOf(policy, direction, 'none', last.action))]
}

const creditText = ({ kind, staged, namespace, name, generation, index }: Credit) =>
  `${staged ? 's' : ''}${kind}/${namespace ?? ''}/${name}#${generation}.${index}`

const noTexts: readonly string[] = []
const noCredits: readonly Credit[] = []

export const isSame = (a: Finding | undefined, b: Finding | undefined): boolean => a === b || a?.key === b?.key

export interface Findings {
  /** Reads an evaluation for the end of one direction. */
  of(evaluation: Evaluation, direction: Direction): Finding
  /** A finding that nothing could be found, and why. */
  unknown(direction: Direction, missing: readonly string[]): Finding
}

/** Enough for every rule of a large cluster beside every missing fact; beyond it findings are made anew. */
const maxKept = 200_000
const peers: readonly (Verdict | undefined)[] = [undefined, 'allow', 'deny', 'unknown']
const slotOf = (direction: Direction, peer: Verdict | undefined) =>
  peers.indexOf(peer) * 2 + (direction === 'egress' ? 0 : 1)

export function createFindings(generation: GenerationOf): Findings {
  let kept = new Map<string, Finding>()
  /** The engine shares the traces of most answers, so most findings are found by theirs, without any text. */
  const byTrace = new WeakMap<readonly PolicyHit[], (Finding | undefined)[]>()
  let lastId = 0

  function intern(made: Omit<Finding, 'id' | 'key'>): Finding {
    const { direction, verdict, peer, trace, missing, credits } = made
    const key = [direction, verdict, peer, trace.join(), missing.join(), credits.map(creditText).join()].join(';')
    const known = kept.get(key)
    if (known) return known
    if (kept.size >= maxKept) kept = new Map()
    const finding = { ...made, id: ++lastId, key }
    kept.set(key, finding)
    return finding
  }
  const read = (own: DirectionResult, peer: Verdict | undefined): Finding => {
    const { direction, verdict, trace, missing } = own
    if (verdict === 'unknown')
      return intern({
        direction,
        verdict,
        peer,
        trace: noTexts,
        credits: noCredits,
        missing: missing.map(({ text }) => text),
      })
    return intern({
      direction,
      verdict,
      peer,
      trace: trace.map(printHit),
      credits: creditsOf(own, generation),
      missing: noTexts,
    })
  }
  const find = ({ source, destination }: Evaluation, direction: Direction): Finding => {
    const [own, other] = direction === 'egress' ? [source, destination] : [destination, source]
    const peer = other?.verdict
    if (!own) return intern({ direction, verdict: 'allow', peer, trace: noTexts, credits: noCredits, missing: noTexts })
    if (own.verdict === 'unknown') return read(own, peer)
    // Fast path: a trace that was read already.
    const slots = byTrace.get(own.trace) ?? []
    const slot = slotOf(direction, peer)
    const known = slots[slot]
    if (known) return known
    const found = read(own, peer)
    slots[slot] = found
    byTrace.set(own.trace, slots)
    return found
  }
  let last: { readonly evaluation: Evaluation; readonly direction: Direction; readonly finding: Finding } | undefined
  return {
    of(evaluation, direction) {
      // Fast path: what is pending is what is enforced, for nearly every flow, and is asked for right after it.
      if (last?.evaluation === evaluation && last.direction === direction) return last.finding
      last = { evaluation, direction, finding: find(evaluation, direction) }
      return last.finding
    },
    unknown: (direction, missing) =>
      intern({ direction, verdict: 'unknown', peer: undefined, trace: noTexts, credits: noCredits, missing }),
  }
}

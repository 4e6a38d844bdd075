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

export type GenerationOf = (policy: Omit<PolicyName, 'tier'>) => number

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

/** Reads an evaluation for the end of one direction. */
export function findingOf(evaluation: Evaluation, direction: Direction, generation: GenerationOf): Finding {
  const { source, destination } = evaluation
  const own = direction === 'egress' ? source : destination
  const peer = (direction === 'egress' ? destination : source)?.verdict
  const verdict = own?.verdict ?? 'allow'
  const isKnown = own !== undefined && verdict !== 'unknown'
  const trace = isKnown ? own.trace.map(printHit) : noTexts
  const credits = isKnown ? creditsOf(own, generation) : []
  const missing = verdict === 'unknown' ? (own?.missing ?? []).map(({ text }) => text) : noTexts
  const key = [verdict, peer, trace.join(','), missing.join(','), credits.map(creditText).join(',')].join(';')
  return { key, direction, verdict, trace, credits, missing, peer }
}

/** A finding that nothing could be found, and why. */
export function unknownFinding(direction: Direction, missing: readonly string[]): Finding {
  return {
    key: `unknown;;;${missing.join(',')}`,
    direction,
    verdict: 'unknown',
    trace: noTexts,
    credits: [],
    missing,
    peer: undefined,
  }
}

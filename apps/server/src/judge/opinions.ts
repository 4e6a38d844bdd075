// What policies say of a standing, at a moment or as they are now, and the judgement that follows with what was observed.
// Nothing is remembered here: that is the standing's.
import type { Direction, Evaluation } from '@margay/policy'
import { agreed } from './agreed.ts'
import type { Decision } from './decide.ts'
import { decide } from './decide.ts'
import type { Finding } from './finding.ts'
import { createFindings, isSame } from './finding.ts'
import type { Judgement, Judgements } from './judgements.ts'
import { directionOf, fixedDirection, otherReporter } from './report.ts'
import type { Sight } from './sight.ts'
import type { Standing } from './standing.ts'
import type { World } from './world.ts'

export interface OpinionDeps {
  readonly world: Pick<World, 'changedAt' | 'evaluateAt' | 'generationOf'>
  readonly sight: Pick<Sight, 'blind'>
  readonly judgements: Pick<Judgements, 'of'>
}

export interface Opinions {
  /** What decides connections that begin at a moment; unsure where a row that comes later may find another thing. */
  review(standing: Standing, at: number): { readonly finding: Finding; readonly isSure: boolean }
  /** By a finding for a row that ends at a moment; unsettled where it rests on what was before or after. */
  judge(standing: Standing, finding: Finding, at: number): [Judgement, isSettled: boolean]
}

/**
 * A change is in force on a node a while before or after it is seen here, and a row's connections may have begun a whole
 * interval before its end: so long an outcome that fits what was before or after is no disagreement.
 */
const graceSeconds = 25
const tooLate = 'policies of that moment: they are kept for two hours'

export function createOpinions({ world, sight, judgements }: OpinionDeps): Opinions {
  const findings = createFindings(world.generationOf)

  /** Why policies are not asked at all, and what is missing then; undefined where they are. */
  const unasked = ({ observed }: Standing): readonly string[] | undefined => {
    if (observed.unbacked) return []
    return sight.blind.length > 0 ? sight.blind : undefined
  }
  const findingIn = (standing: Standing, evaluation: Evaluation | undefined): Finding => {
    const missing = unasked(standing) ?? (evaluation ? undefined : [tooLate])
    if (missing || !evaluation) return findings.unknown(fixedDirection(standing), missing ?? [])
    return findings.of(evaluation, directionOf(standing, evaluation))
  }
  const evaluationAt = ({ asked: { flows, service } }: Standing, at: number): Evaluation | undefined => {
    const all = flows.map((flow) => world.evaluateAt(flow, at)).filter((each) => each !== undefined)
    // How far the past is kept is the same for all of them.
    return service === undefined || all.length === 0 ? all[0] : agreed(all, service)
  }
  const findingNow = (standing: Standing) => findingIn(standing, standing.asked.answer.enforced())
  const findingAt = (standing: Standing, at: number) =>
    at >= world.changedAt ? findingNow(standing) : findingIn(standing, evaluationAt(standing, at))

  const pendingOf = (standing: Standing, direction: Direction): Finding => {
    const missing = unasked(standing)
    return missing ? findings.unknown(direction, missing) : findings.of(standing.asked.answer.pending(), direction)
  }
  /** The decision, by another finding of about that moment where the one at hand cannot be true. */
  const decideNear = (standing: Standing, finding: Finding, at: number): [Decision, Finding, isSettled: boolean] => {
    const decision = decide(standing.observed, finding)
    if (decision.conflict === undefined || world.changedAt <= at - graceSeconds) return [decision, finding, true]
    for (const near of [findingAt(standing, at - graceSeconds), findingAt(standing, at + graceSeconds)]) {
      const other = decide(standing.observed, near)
      if (other.conflict === undefined && other.evidence !== 'unknown') return [other, near, false]
    }
    return [decision, finding, false]
  }
  return {
    review(standing, at) {
      const now = findingNow(standing)
      const isSure = at >= world.changedAt
      // What it was found to be since its first row says nothing of a row from before that, which a spool brings later.
      const isUnchanged = at >= standing.openedAt && isSame(now, standing.current)
      if (isSure || isUnchanged) return { finding: now, isSure: true }
      const then = findingAt(standing, at)
      return { finding: then, isSure: isSame(then, now) }
    },
    judge(standing, given, at) {
      const [decision, finding, isSettled] = decideNear(standing, given, at)
      const pending = pendingOf(standing, finding.direction)
      const reporter = otherReporter(standing, finding)
      return [judgements.of({ decision, finding, pending, reporter }), isSettled]
    },
  }
}

// The reference evaluator: asks every policy of the snapshot, with nothing remembered between flows. It is what the
// conformance cases judge and what the index is held against. `createEngine` (index/engine.ts) gives the same answers fast.
import type { Snapshot } from '../objects/snapshot.ts'
import { type Ends, resolveEnds } from './ends.ts'
import type { DirectionResult, Evaluation, Flow, Mode, Verdict } from './flow.ts'
import { judgeHop, judgeNode } from './host.ts'
import { judgeOwnHost, judgePod } from './pod.ts'
import { prepare, type Prepared } from './prepare.ts'

/** Denied anywhere is denied; unknown anywhere else is unknown. */
export function combineVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('deny')) return 'deny'
  return verdicts.includes('unknown') ? 'unknown' : 'allow'
}

function combineTwo(a: Verdict, b: Verdict): Verdict {
  if (a === 'deny' || b === 'deny') return 'deny'
  return a === 'unknown' || b === 'unknown' ? 'unknown' : 'allow'
}

export function combineResults(
  source: DirectionResult | undefined,
  hops: readonly DirectionResult[],
  destination: DirectionResult | undefined,
): Evaluation {
  // Fast path: both ends judged, nothing in between, nothing missing.
  if (source && destination && hops.length === 0 && source.missing.length + destination.missing.length === 0)
    return {
      verdict: combineTwo(source.verdict, destination.verdict),
      source,
      destination,
      hops,
      missing: source.missing,
    }
  const results = [source, ...hops, destination].filter((result) => result !== undefined)
  return {
    verdict: combineVerdicts(results.map((result) => result.verdict)),
    hops,
    missing: results.flatMap((result) => result.missing),
    ...(source && { source }),
    ...(destination && { destination }),
  }
}

function judgeSource(flow: Flow, ends: Ends, prepared: Prepared, mode: Mode): DirectionResult | undefined {
  const { source } = ends
  if (source.kind === 'pod')
    return judgeOwnHost(judgePod(source, 'egress', flow, ends, prepared, mode), ends, prepared.lookup.options)
  if (source.kind === 'missing') return judgePod(source, 'egress', flow, ends, prepared, mode)
  return judgeNode(source, 'egress', flow, ends, prepared, mode)
}

function judgeDestination(flow: Flow, ends: Ends, prepared: Prepared, mode: Mode): DirectionResult | undefined {
  const { destination } = ends
  if (destination.kind === 'pod' || destination.kind === 'missing')
    return judgePod(destination, 'ingress', flow, ends, prepared, mode)
  return judgeNode(destination, 'ingress', flow, ends, prepared, mode)
}

/** Judges one flow against a prepared snapshot. */
export function evaluatePrepared(flow: Flow, prepared: Prepared, mode: Mode = 'enforced'): Evaluation {
  const ends = resolveEnds(flow, prepared.lookup)
  return combineResults(
    judgeSource(flow, ends, prepared, mode),
    (flow.via ?? []).map((hop) => judgeHop(hop, flow, ends, prepared, mode)),
    judgeDestination(flow, ends, prepared, mode),
  )
}

/** Judges one flow: verdict, trace of each direction, and the facts that were missing. */
export function evaluate(flow: Flow, snapshot: Snapshot, mode: Mode = 'enforced'): Evaluation {
  return evaluatePrepared(flow, prepare(snapshot), mode)
}

// The same flows under two snapshots: which verdicts change, and why. Only flows that the difference can touch are judged.
import { decisionWords } from '../explain/explain.ts'
import type { Evaluation, Flow, Mode, Verdict } from '../evaluate/flow.ts'
import { createEngineInSteps } from '../index/engine.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { differenceOf } from './difference.ts'
import { createTouch } from './touch.ts'

export interface ChangedVerdict<F extends Flow = Flow> {
  readonly flow: F
  readonly before: Evaluation
  readonly after: Evaluation
}

export interface Simulation<F extends Flow = Flow> {
  readonly flows: number
  /** Flows that were judged under both; the others cannot have changed. */
  readonly judged: number
  readonly changed: readonly ChangedVerdict<F>[]
  /** Flows within reach whose verdict can be told neither before nor after. */
  readonly untold: readonly F[]
}

/** Flows that are judged between two looks at who else waits: some milliseconds. */
const stepFlows = 500

/** Gives `each` of the values, and stops after every some hundred of them. */
function* inSteps<T, R>(values: readonly T[], each: (value: T) => R): Generator<void, R[]> {
  const results: R[] = []
  for (const [index, value] of values.entries()) {
    results.push(each(value))
    if (index % stepFlows === stepFlows - 1) yield
  }
  return results
}

/** As `simulate`, in steps of some milliseconds, for whoever has others to answer in between. */
export function* simulateInSteps<F extends Flow>(
  before: Snapshot,
  after: Snapshot,
  flows: readonly F[],
  mode: Mode = 'enforced',
): Generator<void, Simulation<F>> {
  const difference = differenceOf(before, after)
  yield
  const engine = yield* createEngineInSteps(before)
  yield
  const touches = createTouch(before, after, difference, engine)
  const reached = yield* inSteps(flows, (flow) => ({ flow, isTouched: touches(flow) }))
  const touched = reached.filter(({ isTouched }) => isTouched)
  const evaluated = yield* inSteps(touched, ({ flow }) => ({ flow, before: engine.evaluate(flow, mode) }))
  for (const change of difference.changes) engine.apply(change)
  yield
  const pairs = yield* inSteps(evaluated, (each) => ({ ...each, after: engine.evaluate(each.flow, mode) }))
  return {
    flows: flows.length,
    judged: touched.length,
    changed: pairs.filter((pair) => pair.before.verdict !== pair.after.verdict),
    untold: pairs
      .filter((pair) => pair.before.verdict === 'unknown' && pair.after.verdict === 'unknown')
      .map(({ flow }) => flow),
  }
}

/** Judges flows under both snapshots and gives back those whose verdict differs, in the order given. */
export function simulate<F extends Flow>(
  before: Snapshot,
  after: Snapshot,
  flows: readonly F[],
  mode: Mode = 'enforced',
): Simulation<F> {
  const steps = simulateInSteps(before, after, flows, mode)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** The side that brought the verdict about: the first that denies or cannot tell, else the destination. */
function decisive(evaluation: Evaluation): string {
  const results = [evaluation.source, ...evaluation.hops, evaluation.destination].flatMap((result) => result ?? [])
  const found =
    results.find((result) => result.verdict === evaluation.verdict && evaluation.verdict !== 'allow') ?? results.at(-1)
  return found ? decisionWords(found) : 'no policy applies'
}

/** Why a verdict is now another: `egress: … , now ingress: …`. */
export function changeReason({ before, after }: ChangedVerdict): string {
  return `was ${decisive(before)}; now ${decisive(after)}`
}

/** `newly denied`, `newly allowed`, and changes to and from unknown. */
export function changeName({ before, after }: ChangedVerdict): string {
  const names: Record<Verdict, string> = { allow: 'newly allowed', deny: 'newly denied', unknown: 'no longer certain' }
  return before.verdict === 'unknown' && after.verdict !== 'unknown'
    ? `now certain: ${after.verdict}`
    : names[after.verdict]
}

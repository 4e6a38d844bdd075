// Judges a flow twice, by the reference and by the index, and insists that they agree.
import { expect } from 'vitest'
import { evaluate } from '../evaluate/evaluate.ts'
import type { Evaluation, Flow, Mode } from '../evaluate/flow.ts'
import { createEngine } from '../index/engine.ts'
import type { Snapshot } from '../objects/snapshot.ts'

/** The reference's evaluation, which the index shares. */
export function evaluateBoth(flow: Flow, snapshot: Snapshot, mode: Mode = 'enforced'): Evaluation {
  const wanted = evaluate(flow, snapshot, mode)
  expect(createEngine(snapshot).evaluate(flow, mode)).toEqual(wanted)
  return wanted
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluatePrepared } from '../evaluate/evaluate.ts'
import type { Evaluation, Flow } from '../evaluate/flow.ts'
import { prepare } from '../evaluate/prepare.ts'
import { policyKey } from '../objects/policy.ts'
import { podKey, type Snapshot } from '../objects/snapshot.ts'
import { anyFlow, anyQuestions, anySnapshot, type Dialect, runs } from '../testing/arbitrary.ts'
import { createEngine, type Engine } from './engine.ts'

/** What people see of an evaluation; decisions hold whole policies and are compared by what they name. */
function essence({ verdict, source, destination, missing }: Evaluation): unknown {
  const side = (result: typeof source) => result && [result.verdict, result.trace, result.decision.by, result.missing]
  return [verdict, side(source), side(destination), missing]
}

function expectSame(engine: Engine, snapshot: Snapshot, questions: readonly Flow[]): void {
  const prepared = prepare(snapshot)
  for (const flow of questions) {
    const followed = engine.follow(flow)
    for (const mode of ['enforced', 'pending'] as const) {
      const wanted = essence(evaluatePrepared(flow, prepared, mode))
      expect(essence(engine.evaluate(flow, mode))).toEqual(wanted)
      expect(essence(followed[mode]())).toEqual(wanted)
    }
  }
}

/** Changes an engine from one snapshot to the next, object by object. */
function migrate(engine: Engine, before: Snapshot, after: Snapshot): void {
  const kept = new Set(after.policies.map(policyKey))
  for (const policy of before.policies)
    if (!kept.has(policyKey(policy))) engine.apply({ remove: 'policy', key: policyKey(policy) })
  for (const value of after.policies) engine.apply({ put: 'policy', value })
  const pods = new Set(after.pods.map(podKey))
  for (const value of after.pods) engine.apply({ put: 'pod', value })
  for (const pod of before.pods) if (!pods.has(podKey(pod))) engine.apply({ remove: 'pod', key: podKey(pod) })
  engine.apply({ replace: 'networkSets', values: after.networkSets })
  engine.apply({ replace: 'hostEndpoints', values: after.hostEndpoints })
}

describe.each<Dialect>(['kubernetes', 'calico', 'hosts', 'cilium'])('the index on %s policies', (dialect) => {
  it.each([
    ['where everything is known', false],
    ['where namespaces, accounts and pods are missing', true],
  ])('answers as the reference does %s', (_, gaps) => {
    fc.assert(
      fc.property(anyQuestions(dialect, 8, gaps), ({ snapshot, questions }) => {
        expectSame(createEngine(snapshot), snapshot, questions)
      }),
      runs(150),
    )
  })

  it('answers as the reference does after any change, with flows remembered from before', () => {
    const twoSnapshots = fc.tuple(anySnapshot(dialect), anySnapshot(dialect))
    const story = twoSnapshots.chain(([before, after]) =>
      fc
        .tuple(
          fc.array(anyFlow(before), { minLength: 1, maxLength: 4 }),
          fc.array(anyFlow(after), { minLength: 1, maxLength: 4 }),
        )
        .map(([first, second]) => ({ before, after, questions: [...first, ...second] })),
    )
    fc.assert(
      fc.property(story, ({ before, after, questions }) => {
        const engine = createEngine(before)
        expectSame(engine, before, questions)
        migrate(engine, before, after)
        expectSame(engine, after, questions)
      }),
      runs(100),
    )
  })
})

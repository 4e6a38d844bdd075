import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Flow } from '../evaluate/flow.ts'
import { emptySnapshot, type Snapshot } from '../objects/snapshot.ts'
import { anyQuestions, runs } from '../testing/arbitrary.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { parseSnapshot } from '../objects/parse.ts'
import { recommend, type RecommendOptions } from './recommend.ts'

const options = fc.record<RecommendOptions>({
  kind: fc.constantFrom('kubernetes', 'calico'),
  scope: fc.constantFrom('workload', 'namespace'),
})

/** No policy is asked then, so none could forbid the next port. */
const reachesItself = (flow: Flow, snapshot: Snapshot) => evaluate(flow, snapshot).source?.decision.by === 'exemption'

describe('recommended policies', () => {
  it('deny none of the flows that they were made from', () => {
    fc.assert(
      fc.property(anyQuestions('kubernetes', 12), options, ({ snapshot, questions }, chosen) => {
        const { documents, denied, leftOut } = recommend(questions, snapshot, chosen)
        expect(denied).toEqual([])
        expect(leftOut).toEqual([])
        const parsed = parseSnapshot(documents)
        expect(parsed.issues).toEqual([])
        const alone = {
          ...emptySnapshot,
          ...snapshot,
          policies: parsed.snapshot.policies,
          networkSets: parsed.snapshot.networkSets,
        }
        for (const flow of questions) expect(evaluate(flow, alone).verdict).toBe('allow')
      }),
      runs(100),
    )
  })

  it('by workload, allow no port that was not seen between the two pods of a flow', () => {
    fc.assert(
      fc.property(
        anyQuestions('kubernetes', 1),
        fc.constantFrom<RecommendOptions['kind']>('kubernetes', 'calico'),
        ({ snapshot, questions: [flow] }, kind) => {
          if (!flow || flow.port === undefined || reachesItself(flow, snapshot)) return
          const { documents } = recommend([flow], snapshot, { kind, scope: 'workload' })
          const parsed = parseSnapshot(documents).snapshot
          const alone = { ...snapshot, policies: parsed.policies, networkSets: parsed.networkSets }
          expect(evaluate({ ...flow, port: flow.port + 1 }, alone).verdict).toBe('deny')
        },
      ),
      runs(60),
    )
  })
})

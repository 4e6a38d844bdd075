import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decidingHit } from '@margay/model'
import { explain } from '../explain/explain.ts'
import { policyName } from '../explain/words.ts'
import { parseSnapshot } from '../objects/parse.ts'
import type { Policy, Rule } from '../objects/policy.ts'
import { printPolicy } from '../objects/print.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { anyQuestions, anySnapshot, type Dialect, runs } from '../testing/arbitrary.ts'
import { evaluate } from './evaluate.ts'

const openRule: Rule = { action: 'allow', origin: 'new', number: 0, source: {}, destination: {} }

/** Puts a rule that allows everything, or what another rule allows, into one direction of one policy. */
function withRule(snapshot: Snapshot, at: number, direction: 'ingress' | 'egress', rule: Rule): Snapshot {
  const target = snapshot.policies[at % Math.max(1, snapshot.policies.length)]
  const rules = target?.[direction]
  if (!target || !rules) return snapshot
  const changed: Policy = { ...target, [direction]: [...rules, rule] }
  return { ...snapshot, policies: snapshot.policies.map((policy) => (policy === target ? changed : policy)) }
}

const addedRule = fc.constantFrom<Rule>(
  openRule,
  { ...openRule, protocols: [6], destination: { ports: [{ from: 80, to: 80 }] } },
  { ...openRule, source: { selector: { kind: 'equals', label: 'app', value: 'web' } } },
)

describe('an allowing rule more', () => {
  it('never denies more, in a set without deny and pass', () => {
    const story = fc.record({
      asked: anyQuestions('allow-only'),
      at: fc.nat(9),
      direction: fc.constantFrom('ingress' as const, 'egress' as const),
      rule: addedRule,
    })
    fc.assert(
      fc.property(story, ({ asked: { snapshot, questions }, at, direction, rule }) => {
        const after = withRule(snapshot, at, direction, rule)
        for (const flow of questions)
          if (evaluate(flow, snapshot).verdict === 'allow') expect(evaluate(flow, after).verdict).toBe('allow')
      }),
      runs(150),
    )
  })
})

describe.each<Dialect>(['kubernetes', 'calico', 'hosts', 'cilium'])('explanations of %s policies', (dialect) => {
  it('name the decision of the trace, and propose only what admits the flow', () => {
    fc.assert(
      fc.property(anyQuestions(dialect, 3), ({ snapshot, questions }) => {
        for (const flow of questions) {
          const { evaluation, directions } = explain(flow, snapshot)
          for (const { direction, sentence, fix } of directions) {
            const side = direction === 'ingress' ? 'destination' : 'source'
            const result = evaluation[side]
            const hit = result && decidingHit(result.trace)
            if (result?.decision.by === 'rule') {
              const { policy, rule, index } = result.decision
              expect([hit?.name, hit?.rule]).toEqual([policy.name, index])
              expect(sentence).toContain(
                `rule ${rule.number} of ${policy.staged ? 'staged ' : ''}${policyName(policy)}`,
              )
            }
            if (result?.decision.by === 'end-of-tier')
              expect([hit?.rule, hit?.tier]).toEqual(['none', result.decision.tier])
            if (fix) expect(evaluate(flow, fix.apply(snapshot))[side]?.verdict).toBe('allow')
          }
        }
      }),
      runs(60),
    )
  })
})

describe.each<Dialect>(['kubernetes', 'calico', 'cilium'])('objects of %s', (dialect) => {
  it('parsing what was printed gives the same policies, and printing is then stable', () => {
    const withoutSource = (policy: Policy): Policy => ({ ...policy, source: {} })
    fc.assert(
      fc.property(anySnapshot(dialect), ({ policies }) => {
        const printed = policies.map(printPolicy)
        const again = parseSnapshot(printed)
        expect(again.issues).toEqual([])
        expect(again.snapshot.policies.map(withoutSource)).toEqual(policies.map(withoutSource))
        expect(again.snapshot.policies.map(printPolicy)).toEqual(printed)
      }),
      runs(100),
    )
  })
})

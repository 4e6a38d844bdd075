import type { ExplainedDirection, PolicyExplanation } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { clausesOf, decidedBy, directionTitle, disagreement, evidenceText } from './words.ts'

const hit = {
  text: '0|app|shop/app.cart|deny|-1',
  words: 'tier app, policy cart, no rule matched, tier default',
  kind: 'CalicoNetworkPolicy',
  name: 'cart',
  action: 'deny',
  rule: 'none',
  staged: false,
} as const

const direction = (more: Partial<ExplainedDirection> = {}): ExplainedDirection => ({
  direction: 'ingress',
  endpoint: 'pod shop/cart',
  verdict: 'deny',
  sentence: 'ingress to shop/cart: tier app isolates it by cart; no rule matches, the end of tier app denies',
  decision: { by: 'end-of-tier', tier: 'app', policies: ['p'] },
  trace: [hit],
  missing: [],
  ...more,
})

const explanation = (more: Partial<PolicyExplanation> = {}): PolicyExplanation => ({
  at: 0,
  objects: 1,
  unknown: [],
  verdict: 'deny',
  evidence: 'evaluated',
  mode: 'enforced',
  headline: '',
  text: '',
  source: { words: 'a' },
  destination: { words: 'b' },
  protocol: 'tcp',
  directions: [direction()],
  missing: [],
  notes: [],
  ...more,
})

const recorded: NonNullable<PolicyExplanation['recorded']> = {
  verdict: 'allow',
  evidence: 'observed',
  evidenceSource: 'nflog',
  trace: [],
}

describe('a direction', () => {
  it('has its end as title and its clauses one by one', () => {
    expect(directionTitle(direction())).toBe('Ingress to shop/cart')
    expect(clausesOf(direction())).toEqual([
      'Tier app isolates it by cart',
      'No rule matches, the end of tier app denies',
    ])
  })

  it('is decided by its last hit, and by none where a fact is missing', () => {
    expect(decidedBy(direction())).toBe(hit)
    expect(decidedBy(direction({ decision: { by: 'missing-fact', policies: [] } }))).toBeUndefined()
  })
})

describe('the evidence', () => {
  it.each([
    [explanation(), 'Evaluated from the policies of that moment.'],
    [
      explanation({ evidence: 'observed', recorded: { ...recorded, agrees: true } }),
      'Observed by the log of a rule (NFLOG). Evaluation agrees.',
    ],
    [
      explanation({ evidence: 'observed', recorded: { ...recorded, evidenceSource: 'drop' } }),
      'Observed by a drop in the kernel. Evaluation cannot tell.',
    ],
    [explanation({ evidence: 'unknown' }), 'Not known.'],
  ])('says by what', (given, text) => expect(evidenceText(given)).toBe(text))

  it('says both where observation and evaluation differ', () => {
    expect(disagreement(explanation({ recorded: { ...recorded, agrees: false } }))).toBe(
      'The record says allow, the policies of that moment say deny.',
    )
    expect(disagreement(explanation({ recorded: { ...recorded, agrees: true } }))).toBeUndefined()
  })
})

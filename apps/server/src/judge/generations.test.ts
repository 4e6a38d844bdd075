import type { Policy } from '@margay/policy'
import { describe, expect, it } from 'vitest'
import { createGenerations } from './generations.ts'

const policy = (name: string, generation: number): Policy =>
  ({
    kind: 'CalicoNetworkPolicy',
    staged: false,
    namespace: 'pay',
    tier: 'app',
    name,
    source: { metadata: { generation } },
  }) as unknown as Policy

const named = (name: string) =>
  ({ kind: 'CalicoNetworkPolicy', staged: false, namespace: 'pay', tier: 'app', name }) as const

describe('the generation of a policy', () => {
  it('is the one of the moment, and the oldest known before that', () => {
    const generations = createGenerations()
    generations.note(policy('app.ingress', 6), 100)
    generations.note(policy('app.ingress', 7), 200)
    expect([50, 100, 199, 200, undefined].map((at) => generations.of(named('app.ingress'), at))).toEqual([
      6, 6, 6, 7, 7,
    ])
  })

  it('is found by the name without its tier, as traces have it', () => {
    const generations = createGenerations()
    generations.note(policy('app.ingress', 6), 0)
    expect(generations.of(named('ingress'))).toBe(6)
  })

  it('is 0 where the policy is not known, or gone', () => {
    const generations = createGenerations()
    generations.note(policy('app.ingress', 6), 0)
    generations.forget(policy('app.ingress', 6))
    expect(generations.of(named('ingress'))).toBe(0)
  })
})

import type { Policy } from '@margay/policy'
import { describe, expect, it } from 'vitest'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
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
    generations.end(policy('app.ingress', 6), 100)
    expect([
      generations.of(named('ingress')),
      generations.of(named('other')),
      generations.of(named('other'), 50),
    ]).toEqual([0, 0, 0])
  })

  it('is the last one for rows that come when the policy is gone, until none of its time can come', () => {
    const generations = createGenerations()
    generations.note(policy('app.ingress', 6), 100)
    generations.end(policy('app.ingress', 6), 200)
    const late = () => [150, 205].map((at) => generations.of(named('app.ingress'), at))
    generations.forgetBefore(200)
    expect(late()).toEqual([6, 6])
    generations.forgetBefore(201)
    expect(late()).toEqual([0, 0])
  })

  it('of one that was deleted and made anew is that of the policy that was there', () => {
    const generations = createGenerations()
    generations.note(policy('app.ingress', 6), 100)
    generations.end(policy('app.ingress', 6), 200)
    generations.note(policy('app.ingress', 1), 300)
    generations.forgetBefore(1000)
    expect([150, 250, 300, undefined].map((at) => generations.of(named('app.ingress'), at))).toEqual([6, 6, 1, 1])
  })
})

describe('the judge', () => {
  const shop = {
    kind: 'KubernetesNetworkPolicy',
    staged: false,
    namespace: 'shop',
    tier: 'default',
    name: 'p',
  } as const
  const document = (generation: number, uid: string) =>
    `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop, uid: ${uid}, generation: ${generation}}, spec: {podSelector: {}}}`

  it('knows the generation of a policy that was deleted and made anew, for two hours', () => {
    const cluster = createJudgedCluster('', 0)
    const at = (moment?: number) => cluster.judge.generationOf(shop, moment)
    cluster.put(document(6, 'old'), 1_000)
    cluster.remove('old', 2_000)
    cluster.setNow(2_100)
    cluster.trim()
    expect([at(1_500), at()]).toEqual([6, 0])
    cluster.put(document(1, 'new'), 3_000)
    expect([at(1_500), at(3_500), at()]).toEqual([6, 1, 1])
    cluster.remove('new', 4_000)
    cluster.setNow(4_001 + 7_200)
    cluster.trim()
    expect(at(3_500)).toBe(0)
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decidingHit,
  describeHit,
  parsePolicyHit,
  printEnterpriseHit,
  printGoldmaneHit,
  type PolicyHit,
  type PolicyHitKind,
} from './policy-hit.ts'

function hitOf(text: string): PolicyHit {
  const parsed = parsePolicyHit(text)
  if (!parsed.hit) throw new Error(parsed.error)
  return parsed.hit
}

const base = { index: 0, action: 'allow', rule: 0, staged: false } as const

describe('reading both texts', () => {
  it.each<[string, PolicyHit]>([
    [
      '0|default|gnp:default.all|allow|0',
      { ...base, tier: 'default', kind: 'GlobalNetworkPolicy', name: 'default.all' },
    ],
    [
      '0|t1|np:shop/t1.a|allow|0',
      { ...base, tier: 't1', kind: 'CalicoNetworkPolicy', namespace: 'shop', name: 't1.a' },
    ],
    [
      '0|t1|snp:shop/a|allow|0',
      { ...base, tier: 't1', kind: 'CalicoNetworkPolicy', namespace: 'shop', name: 'a', staged: true },
    ],
    ['0|__PROFILE__|pro:kns.shop|allow|0', { ...base, kind: 'Profile', name: 'kns.shop' }],
    ['0|__PROFILE__|__PROFILE__.kns.shop|allow|0', { ...base, kind: 'Profile', name: 'kns.shop' }],
    [
      '0|default|shop/knp.default.web|allow|0',
      { ...base, tier: 'default', kind: 'KubernetesNetworkPolicy', namespace: 'shop', name: 'web' },
    ],
    ['0|security|security.pass|allow|0', { ...base, tier: 'security', kind: 'GlobalNetworkPolicy', name: 'pass' }],
    [
      '0|tier1|ns2/staged:tier1.policy1|allow|0',
      { ...base, tier: 'tier1', kind: 'CalicoNetworkPolicy', namespace: 'ns2', name: 'policy1', staged: true },
    ],
    [
      '0|namespace-isolation|curl-ns/namespace-isolation.staged:curl-ns-vfzgh|allow|0',
      {
        ...base,
        tier: 'namespace-isolation',
        kind: 'CalicoNetworkPolicy',
        namespace: 'curl-ns',
        name: 'curl-ns-vfzgh',
        staged: true,
      },
    ],
    [
      '0|kube-admin|kcnp:pass-ingress|allow|0',
      { ...base, tier: 'kube-admin', kind: 'ClusterNetworkPolicy', name: 'pass-ingress' },
    ],
    [
      '0|adminnetworkpolicy|kanp.adminnetworkpolicy.a|allow|0',
      { ...base, tier: 'adminnetworkpolicy', kind: 'AdminNetworkPolicy', name: 'a' },
    ],
  ])('%s', (text, hit) => expect(hitOf(text)).toEqual(hit))

  it.each([
    ['0|default|x', '5 parts'],
    ['a|default|default.x|allow|0', 'index "a"'],
    ['0|default|default.x|log|0', 'action "log"'],
    ['0|default|default.x|allow|-3', 'rule "-3"'],
    ['0||default.x|allow|0', 'must not be empty'],
    ['0|t|np:shop/|allow|0', 'has no name'],
  ])('refuses %s and says why', (text, reason) => expect(parsePolicyHit(text).error).toContain(reason))
})

describe('describing', () => {
  it.each([
    [
      '1|app-hipstershop|hipstershop/app-hipstershop.checkoutservice|deny|-1',
      'tier app-hipstershop, policy checkoutservice, no rule matched, tier default',
    ],
    [
      '1|app-hipstershop|np:hipstershop/app-hipstershop.checkoutservice|pass|2',
      'tier app-hipstershop, policy checkoutservice, rule 2',
    ],
    ['1|app|app.a|deny|-2', 'tier app, policy a, rule unknown'],
    ['1|__PROFILE__|__PROFILE__.kns.curl-ns|allow|0', 'namespace profile, not covered by policy'],
    ['0|t|shop/t.staged:a|deny|0', 'tier t, staged policy a, rule 0'],
  ])('%s', (text, words) => expect(describeHit(hitOf(text))).toBe(words))

  it('names as deciding the last entry that is no pass, in whatever order they came', () => {
    const hits = ['1|app|app.a|deny|-1', '0|security|security.s|pass|0'].map(hitOf)
    expect(decidingHit(hits)?.name).toBe('a')
    expect(decidingHit(hits.filter((hit) => hit.action === 'pass'))).toBeUndefined()
  })
})

const name = fc.stringMatching(/^[a-z]([a-z0-9.-]{0,12}[a-z0-9])?$/)
const namespaced: readonly PolicyHitKind[] = ['CalicoNetworkPolicy', 'KubernetesNetworkPolicy', 'CiliumNetworkPolicy']
const unnamespaced: readonly PolicyHitKind[] = [
  'GlobalNetworkPolicy',
  'ClusterNetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
]
const stageable = new Set<PolicyHitKind>(['CalicoNetworkPolicy', 'KubernetesNetworkPolicy', 'GlobalNetworkPolicy'])

const anyHit = fc
  .record({
    index: fc.nat(99),
    tier: fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((tier) => tier !== 'knp'),
    kind: fc.constantFrom(...namespaced, ...unnamespaced),
    namespace: name.map((text) => text.replaceAll('.', '-')),
    name,
    action: fc.constantFrom('allow', 'deny', 'pass'),
    rule: fc.oneof(fc.nat(1023), fc.constantFrom('none', 'unknown')),
    staged: fc.boolean(),
  })
  .map(({ namespace, ...hit }): PolicyHit => ({
    ...hit,
    staged: hit.staged && stageable.has(hit.kind),
    ...(namespaced.includes(hit.kind) && { namespace }),
  }))

const runs = { numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? 300) }

describe('laws', () => {
  it("parsing what was printed in Goldmane's form gives the same value", () =>
    fc.assert(
      fc.property(anyHit, (hit) => {
        expect(hitOf(printGoldmaneHit(hit))).toEqual(hit)
      }),
      runs,
    ))

  it("parsing what was printed in Calico Enterprise's form gives the same value, but for a tier in front of the name", () =>
    fc.assert(
      fc.property(
        anyHit.filter((hit) => !hit.name.startsWith(`${hit.tier}.`) && !/^(k|kb|c)?a?c?np\./.test(hit.name)),
        (hit) => {
          expect(hitOf(printEnterpriseHit(hit))).toEqual(hit)
        },
      ),
      runs,
    ))
})

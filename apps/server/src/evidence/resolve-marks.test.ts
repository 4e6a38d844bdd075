import { printEnterpriseHit } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { shortenPrefix } from './felix-prefix.ts'
import { createKnownPolicies, noPolicies } from './known-policies.ts'
import type { KnownPolicy } from './known-policies.ts'
import { resolveMarks } from './resolve-marks.ts'

const kubernetes = (namespace: string, name: string): KnownPolicy => ({
  kind: 'KubernetesNetworkPolicy',
  namespace,
  name,
  tier: 'default',
  staged: false,
})
const longName = 'only-the-checkout-may-ask-the-ledger-of-the-shop-for-balances'
const known = createKnownPolicies({
  policies: [
    kubernetes('shop', 'web'),
    kubernetes('shop', longName),
    { kind: 'GlobalNetworkPolicy', name: 'security.no-egress', tier: 'security', staged: false },
    { kind: 'CalicoNetworkPolicy', namespace: 'pay', name: 'ledger', tier: 'app', staged: false },
    { kind: 'CalicoNetworkPolicy', namespace: 'pay', name: 'staged', tier: 'app', staged: true },
  ],
  profiles: ['kns.shop'],
  tiers: ['default', 'security', 'app'],
})

const resolve = (direction: 'ingress' | 'egress' | undefined, ...marks: readonly string[]) => {
  const resolved = resolveMarks(marks, { known, direction })
  return resolved && { ...resolved, hits: resolved.hits.map(printEnterpriseHit) }
}
const of = (direction: 'ingress' | 'egress', ...marks: readonly string[]) => {
  const { hits, verdict } = resolve(direction, ...marks) ?? {}
  return [hits, verdict]
}

describe("marks of Felix's log rules", () => {
  it.each([
    ['API0|knp/shop/web', '0|default|shop/knp.default.web|allow|0', 'allow'],
    ['DPI12|gnp/security.no-egress', '0|security|security.no-egress|deny|12', 'deny'],
    ['API1|np/pay/ledger', '0|app|pay/app.ledger|allow|1', 'allow'],
    ['API1|shop/knp.default.web', '0|default|shop/knp.default.web|allow|1', 'allow'],
    ['DPI3|gnp/platform.unknown', '0|platform|platform.unknown|deny|3', 'deny'],
    ['DPI3|gnp/ep1-1-allow-all', '0|default|default.ep1-1-allow-all|deny|3', 'deny'],
    ['ARI0|kns.shop', '0|__PROFILE__|__PROFILE__.kns.shop|allow|0', 'allow'],
    ['DPI|default', '0|default|eot.default.default|deny|-1', 'deny'],
    ['DRI', '0|__PROFILE__|__PROFILE__.__NO_MATCH__|deny|-1', 'deny'],
    [shortenPrefix(`API0|knp/shop/${longName}`), `0|default|shop/knp.default.${longName}|allow|0`, 'allow'],
    [shortenPrefix(`DPI7|shop/knp.default.${longName}`), `0|default|shop/knp.default.${longName}|deny|7`, 'deny'],
  ])('say of %s: %s, %s', (prefix, hit, verdict) => {
    expect(resolve('ingress', `nflog|1|${prefix}`)).toEqual({ hits: [hit], verdict, source: 'nflog', unknown: [] })
  })

  it('are numbered in the order of the rules, each once, and only those of the direction count', () => {
    const marks = [
      'nflog|2|APE0|knp/shop/web',
      'nflog|1|PPI0|gnp/security.no-egress',
      'nflog|1|PPI|security',
      'nflog|1|DPI|default',
      'nflog|1|DPI|default',
    ]
    expect(of('ingress', ...marks)).toEqual([
      [
        '0|security|security.no-egress|pass|0',
        '1|security|eot.security.security|pass|-1',
        '2|default|eot.default.default|deny|-1',
      ],
      'deny',
    ])
    expect(of('egress', ...marks)).toEqual([['0|default|shop/knp.default.web|allow|0'], 'allow'])
  })

  it('are kept as text where the name behind a hash is not known', () => {
    const mark = `nflog|1|${shortenPrefix(`DPI0|np/pay/${longName}`)}`
    expect(resolve('ingress', mark)).toEqual({ hits: [], verdict: undefined, source: 'nflog', unknown: [mark] })
  })

  it('know the hash of no staged policy, for those are in no rules', () => {
    expect(known.byIdentity('np/pay/staged')).toBeUndefined()
  })
})

describe('marks of other log rules', () => {
  it("are a refusal without a name in kube-router's group", () => {
    expect(resolve('ingress', 'nflog|100|')).toEqual({ hits: [], verdict: 'deny', source: 'nflog', unknown: [] })
  })

  it('name a policy that there is, and leave the action to the rules behind', () => {
    expect(of('ingress', 'nflog|5|shop/web rule 2 ')).toEqual([['0|default|shop/knp.default.web|pass|2'], undefined])
  })

  it.each(['nflog|5|IN-DROP ', 'nflog|5|', 'nflog|5|shop/gone'])('are kept as text: %s', (mark) => {
    expect(resolve('ingress', mark)).toMatchObject({ hits: [], verdict: undefined, unknown: [mark] })
  })

  it('are nothing where there are none', () => {
    expect(resolve('ingress')).toBeUndefined()
    expect(resolve('ingress', 'nflog|2|APE0|knp/shop/web')).toBeUndefined()
  })

  it('that are no marks at all are counted too', () => {
    expect(resolve('ingress', 'what')).toMatchObject({ hits: [], unknown: ['what'] })
  })
})

const router = (verdict: string, comment: string, chain = 'KUBE-POD-FW-A') =>
  `nft|ip|filter|${chain}|${verdict}|${comment}`
const into = 'rule to jump traffic destined to POD name:web-1 namespace: shop to chain KUBE-POD-FW-A'
const outOf = 'rule to jump traffic from POD name:api-1 namespace: pay to chain KUBE-POD-FW-B'

describe("traces through kube-router's rules", () => {
  it('credit a refusal to the last policy that selects the pod, not to a rule', () => {
    const marks = [
      router('jump', 'kube-router netpol', 'FORWARD'),
      router('jump', outOf, 'KUBE-ROUTER-FORWARD'),
      router('jump', 'run through default egress network policy chain'),
      router('jump', into, 'KUBE-ROUTER-FORWARD'),
      router('jump', 'run through nw policy web'),
      router('jump', 'run through nw policy deny-all'),
      router('continue', 'rule to log dropped traffic POD name:web-1 namespace: shop'),
      router('drop', 'rule to REJECT traffic destined for POD name:web-1 namespace: shop'),
    ]
    expect(resolve('ingress', ...marks)).toEqual({
      hits: ['0|default|shop/knp.default.web|deny|-1'],
      verdict: 'deny',
      source: 'nf_trace',
      unknown: [],
    })
    expect(of('egress', ...marks)).toEqual([['0|__PROFILE__|__PROFILE__.kns.pay|allow|0'], 'allow'])
    // Its log record says no more than that it refused.
    expect(resolve('ingress', 'nflog|100|', ...marks)).toEqual(resolve('ingress', ...marks))
    expect(of('egress', 'nflog|100|', ...marks)).toEqual(of('egress', ...marks))
  })

  it('credit what was admitted to the policy, with the rule where there is one only', () => {
    const one = createKnownPolicies({
      policies: [{ ...kubernetes('shop', 'web'), ingress: [{}] as never }],
      profiles: [],
      tiers: [],
    })
    const marks = [
      router('jump', into, 'KUBE-ROUTER-FORWARD'),
      router('jump', 'run through nw policy web'),
      router(
        'continue',
        'rule to ACCEPT traffic from source pods to dest pods selected by policy name web namespace shop',
        'KUBE-NWPLCY-X',
      ),
      router(
        'return',
        'rule to ACCEPT traffic from source pods to dest pods selected by policy name web namespace shop',
        'KUBE-NWPLCY-X',
      ),
      router('continue', 'set mark to ACCEPT traffic that comply to network policies'),
      router('accept', 'rule to explicitly ACCEPT traffic that comply to network policies', 'FORWARD'),
    ]
    expect(of('ingress', ...marks)).toEqual([['0|default|shop/knp.default.web|allow|-2'], 'allow'])
    expect(resolveMarks(marks, { known: one, direction: 'ingress' })?.hits[0]?.rule).toBe(0)
    // Nothing is said of a direction that no rule looked at, but the packet went through.
    expect(of('egress', ...marks)).toEqual([[], 'allow'])
  })

  it("read its nftables' words as well", () => {
    const marks = [
      router('jump', 'shop/web-1 in'),
      router('jump', 'shop/web policy'),
      router('continue', 'shop/web-1 log-drop'),
      router('drop', 'shop/web-1 reject'),
    ]
    expect(of('ingress', ...marks)).toEqual([['0|default|shop/knp.default.web|deny|-1'], 'deny'])
    const admitted = [
      router('jump', 'shop/web-1 in'),
      router('jump', 'shop/web policy'),
      router('continue', 'shop/web ingress pods np'),
    ]
    expect(of('ingress', ...admitted, router('accept', 'kube-router netpol'))).toEqual([
      ['0|default|shop/knp.default.web|allow|-2'],
      'allow',
    ])
  })
})

describe('traces through other rules', () => {
  it("read Felix's comments: the policy that was met, and the end of a tier", () => {
    const allowed = [
      'nft|ip|filter|cali-pi-web|continue|Policy knp/shop/web ingress',
      'nft|ip|filter|cali-pi-web|return|Policy knp/shop/web ingress',
      'nft|ip|filter|cali-tw-cali1|return|Return if policy accepted',
      'nft|ip|filter|cali-FORWARD|accept|cali:abc',
    ]
    expect(of('ingress', ...allowed)).toEqual([['0|default|shop/knp.default.web|allow|-2'], 'allow'])
    const denied = 'nft|ip|filter|cali-tw-cali1|drop|End of tier default. Drop if no policies passed packet'
    expect(of('ingress', denied)).toEqual([['0|default|eot.default.default|deny|-1'], 'deny'])
    expect(of('egress', denied)).toEqual([undefined, undefined])
  })

  it('take the verdict of a rule whose comment names a policy, in any form', () => {
    for (const comment of ['shop/web', 'policy shop/web', '0|default|shop/knp.default.web|deny|-2'])
      expect(of('ingress', `nft|inet|fw|forward|drop|${comment}`)).toEqual([
        ['0|default|shop/knp.default.web|deny|-2'],
        'deny',
      ])
    expect(of('egress', 'nft|inet|fw|forward|accept|pay/ledger egress rule 3')).toEqual([
      ['0|app|pay/app.ledger|allow|3'],
      'allow',
    ])
    expect(of('ingress', 'nft|inet|fw|forward|accept|API0|knp/shop/web')).toEqual([
      ['0|default|shop/knp.default.web|allow|0'],
      'allow',
    ])
  })

  it('give the plain verdict of rules that name nothing, and keep the words of the one that decided', () => {
    const mark = 'nft|inet|fw|forward|drop|no way'
    expect(resolve('ingress', 'nft|inet|fw|forward|jump|#4', mark)).toEqual({
      hits: [],
      verdict: 'deny',
      source: 'nf_trace',
      unknown: [mark],
    })
    expect(resolve('ingress', 'nft|inet|fw|forward|accept|#policy')).toEqual({
      hits: [],
      verdict: 'allow',
      source: 'nf_trace',
      unknown: [],
    })
  })

  it('leave a refusal to the direction that answers for it', () => {
    const marks = ['nft|inet|fw|forward|drop|DPI0|knp/shop/web']
    expect(of('ingress', ...marks)).toEqual([['0|default|shop/knp.default.web|deny|0'], 'deny'])
    expect(of('egress', ...marks)).toEqual([undefined, undefined])
  })

  it("are second to Felix's own records, which number the rule", () => {
    const marks = ['nft|ip|filter|cali-pi-web|continue|Policy knp/shop/web ingress', 'nflog|1|API4|knp/shop/web']
    expect(resolve('ingress', ...marks)).toMatchObject({
      hits: ['0|default|shop/knp.default.web|allow|4'],
      source: 'nflog',
    })
  })
})

it('resolves nothing by names where nothing is known, and Felix says enough by itself', () => {
  expect(resolveMarks(['nflog|1|API0|knp/shop/web'], { known: noPolicies, direction: 'ingress' })?.hits).toHaveLength(1)
})

// AT-17 and its neighbours: which policies and rules did nothing, and why that may mean nothing.
import { parseSnapshot } from '@margay/policy'
import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import type { Activity } from './activity.ts'
import { parseActivityKind, parseRuleName, activityKind, printRuleName } from './activity.ts'
import type { PolicyUseInput } from './policy-use.ts'
import { policyUse, unusedPolicies, unusedRules } from './policy-use.ts'

const policyYaml = (name: string, generation: number) => `
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop, generation: ${generation}}, spec: {podSelector: {}, ingress: [
  {from: [{podSelector: {matchLabels: {app: web}}}, {podSelector: {matchLabels: {app: api}}}]},
  {from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}}`

const policies = (...yaml: readonly string[]) => {
  const documents = parseAllDocuments(yaml.join('\n---\n')).map((document): unknown => document.toJS())
  const { snapshot, issues } = parseSnapshot(documents)
  expect(issues).toEqual([])
  return snapshot.policies
}

const window = { from: 1_000, isCounted: true, edited: new Map() }
const activity = (name: string, more: Partial<Activity> = {}): Activity => ({
  kind: 'KubernetesNetworkPolicy',
  staged: false,
  namespace: 'shop',
  name,
  tier: 'default',
  generation: 2,
  direction: 'ingress',
  index: 0,
  action: 'allow',
  counts: { connections: 1, packets: 10, bytes: 100 },
  lastEvaluated: 2_000,
  ...more,
})
const used = (input: Pick<PolicyUseInput, 'policies' | 'activity'> & Partial<PolicyUseInput>) =>
  policyUse({ ...window, ...input })

describe('a policy', () => {
  it('that nothing was judged by is unused', () => {
    const uses = used({
      policies: policies(policyYaml('idle', 2), policyYaml('busy', 2)),
      activity: [activity('busy')],
    })
    expect(unusedPolicies(uses).map(({ policy }) => policy.name)).toEqual(['idle'])
  })
  it('of which only an earlier generation decided something is flagged as such', () => {
    const [use] = used({ policies: policies(policyYaml('p', 3)), activity: [activity('p', { generation: 2 })] })
    expect(use?.use).toMatchObject({ unused: 'other-generation', lastEvaluatedGeneration: 2, lastEvaluated: 2_000 })
    expect([use?.earlierGeneration, use?.use.allowed.packets]).toEqual([true, 10])
  })
  it('that was edited inside the window is flagged, whatever an earlier generation did', () => {
    const edited = new Map([['KubernetesNetworkPolicy shop/p', 1_500]])
    const [use] = used({ policies: policies(policyYaml('p', 3)), activity: [activity('p')], edited })
    expect([use?.use.unused, use?.editedAt, use?.earlierGeneration]).toEqual(['edited', 1_500, true])
  })
  it('that was edited before the window is not excused by that', () => {
    const edited = new Map([['KubernetesNetworkPolicy shop/p', 999]])
    const [use] = used({ policies: policies(policyYaml('p', 3)), activity: [], edited })
    expect([use?.use.unused, use?.editedAt]).toEqual(['unused', undefined])
  })
  it('is unknown, not unused, where nobody counted', () => {
    const [use] = used({ policies: policies(policyYaml('p', 3)), activity: [], isCounted: false })
    expect([use?.use.unused, use?.rules[0]?.use.unused]).toEqual(['unknown', 'unknown'])
  })
  it('adds up what its rules and all its generations did, by what they said', () => {
    const [use] = used({
      policies: policies(policyYaml('p', 2)),
      activity: [
        activity('p'),
        activity('p', { index: 1, counts: { connections: 2, packets: 1, bytes: 1 } }),
        activity('p', { generation: 1, lastEvaluated: 1_500 }),
        activity('p', { index: 'none', action: 'deny', counts: { connections: 4, packets: 5, bytes: 6 } }),
      ],
    })
    expect(use?.use).toEqual({
      allowed: { connections: 4, packets: 21, bytes: 201 },
      denied: { connections: 4, packets: 5, bytes: 6 },
      passed: { connections: 0, packets: 0, bytes: 0 },
      lastEvaluated: 2_000,
      lastEvaluatedGeneration: 2,
      unused: 'used',
    })
    expect(use?.endOfTier.ingress?.denied.connections).toBe(4)
    expect(use?.endOfTier).not.toHaveProperty('egress')
  })
  it('is not its staged namesake', () => {
    const staged = policyYaml('p', 2)
      .replace('networking.k8s.io/v1', 'projectcalico.org/v3')
      .replace('kind: Network', 'kind: StagedKubernetesNetwork')
    const uses = used({ policies: policies(policyYaml('p', 2), staged), activity: [activity('p', { staged: true })] })
    expect(uses.map(({ policy, use }) => [policy.staged, use.unused])).toEqual([
      [false, 'unused'],
      [true, 'used'],
    ])
  })
})

describe('a rule', () => {
  it('that decided nothing in an active policy is listed with direction and index', () => {
    const uses = used({ policies: policies(policyYaml('p', 2)), activity: [activity('p')] })
    expect(unusedRules(uses)).toMatchObject([
      { name: 'p', direction: 'ingress', index: 1, number: 0, origin: 'ingress[0].from[1]' },
      { name: 'p', direction: 'ingress', index: 2, number: 1, origin: 'ingress[1].from[0]' },
    ])
  })
  it('is not excused by the rule that had its index in an earlier generation', () => {
    const [use] = used({
      policies: policies(policyYaml('p', 3)),
      activity: [activity('p', { generation: 3 }), activity('p', { generation: 2, index: 2 })],
    })
    expect(use?.rules.map((rule) => rule.use.unused)).toEqual(['used', 'unused', 'unused'])
  })
  it('that only logs is not tracked', () => {
    const yaml =
      '{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {ingress: [{action: Log}, {action: Allow}]}}'
    const [use] = used({ policies: policies(yaml), activity: [] })
    expect(use?.rules.map(({ index }) => index)).toEqual([1])
  })
})

describe('names in the log', () => {
  it.each([
    [{ generation: 2, direction: 'ingress', index: 4 }, '2-ingress-4'],
    [{ generation: 0, direction: 'egress', index: 'none' }, '0-egress--1'],
  ] as const)('of the rule %o read back', (rule, text) => {
    expect(printRuleName(rule)).toBe(text)
    expect(parseRuleName(text)).toEqual(rule)
  })
  it.each([
    ['CalicoNetworkPolicy', true, 'StagedNetworkPolicy'],
    ['KubernetesNetworkPolicy', false, 'KubernetesNetworkPolicy'],
    ['AdminNetworkPolicy', false, 'KubernetesAdminNetworkPolicy'],
  ] as const)('of the kind %s read back', (kind, staged, text) => {
    expect(activityKind({ kind, staged })).toBe(text)
    expect(parseActivityKind(text)).toEqual({ kind, staged })
  })
  it('that are none of ours are nothing', () => {
    expect([
      parseRuleName('2-sideways-1'),
      parseActivityKind('Gateway'),
      activityKind({ kind: 'Profile', staged: false }),
    ]).toEqual([undefined, undefined, undefined])
  })
})

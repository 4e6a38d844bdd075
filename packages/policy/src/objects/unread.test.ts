import { describe, expect, it } from 'vitest'
import { evaluateBoth as evaluate } from '../testing/judge.ts'
import { flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { unreadPolicy } from './unread.ts'

const cluster = `${namespaceYaml('shop')}${namespaceYaml('dev')}${podYaml('shop/web', '10.0.0.5', '{app: web}')}${podYaml('shop/db', '10.0.0.6', '{app: db}')}${podYaml('dev/client', '10.0.0.9', '{app: client}')}
---
{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: h}, spec: {node: n1, interfaceName: '*', expectedIPs: [192.0.2.1], profiles: [projectcalico-default-allow]}}`
const kubernetes = (name: string, spec: string) => `
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop}, spec: {${spec}}}`
const calico = (kind: string, name: string, spec: string) => `
---
{apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: {name: ${name}${kind === 'NetworkPolicy' ? ', namespace: shop' : ''}}, spec: {${spec}}}`
const admin = `
---
{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: unread}, spec: {tier: Admin, priority: 9, subject: {namespaces: {matchLabels: {a: b}}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}}`

/** The verdict of a flow where `unread` is a policy of which only a later text is known. */
function verdict(policies: string, from: string, to: string): string {
  const snapshot = snapshotOf(cluster + policies)
  const unread = snapshot.policies.map((policy) =>
    policy.name === 'unread' ? unreadPolicy(policy, 'rules of unread') : policy,
  )
  const evaluation = evaluate(flow(from, to, 'tcp/80'), { ...snapshot, policies: unread })
  if (evaluation.verdict === 'unknown') expect(evaluation.missing.map(({ text }) => text)).toContain('rules of unread')
  return evaluation.verdict
}

describe('a policy that was not read yet', () => {
  const itself = kubernetes('unread', 'podSelector: {matchLabels: {app: nobody}}, ingress: [{}]')

  it('may have selected every pod of its namespace, in both directions, and nobody else', () => {
    expect(verdict(itself, '198.51.100.9', 'shop/web')).toBe('unknown')
    expect(verdict(itself, 'shop/web', '198.51.100.9')).toBe('unknown')
    expect(verdict(itself, '198.51.100.9', 'dev/client')).toBe('allow')
    expect(verdict(itself, '198.51.100.9', '192.0.2.1')).toBe('allow')
  })

  it('of Kubernetes takes nothing from what another allows, and may allow what another does not', () => {
    const web = (from: string) => itself + kubernetes('web', `podSelector: {}, ingress: [{from: [${from}]}]`)
    expect(verdict(web('{namespaceSelector: {}}'), 'dev/client', 'shop/web')).toBe('allow')
    expect(verdict(web('{podSelector: {}}'), 'dev/client', 'shop/web')).toBe('unknown')
    const open = `podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]`
    expect(verdict(itself + kubernetes('open', open), 'shop/db', 'shop/web')).toBe('allow')
    expect(verdict(itself + kubernetes('shut', 'podSelector: {}'), '198.51.100.9', 'shop/web')).toBe('unknown')
  })

  it('of Calico may have stood before every other of its tier', () => {
    const first = calico('NetworkPolicy', 'first', 'order: 1, ingress: [{action: Allow}]')
    const unread = calico('NetworkPolicy', 'unread', 'order: 2, ingress: [{action: Allow}]')
    expect(verdict(first + unread, '198.51.100.9', 'shop/web')).toBe('unknown')
  })

  it('for the whole cluster may have selected host endpoints too, one of Kubernetes pods only', () => {
    const global = calico('GlobalNetworkPolicy', 'unread', "selector: 'has(x)', ingress: [{action: Deny}]")
    expect(verdict(global, '198.51.100.9', '192.0.2.1')).toBe('unknown')
    expect(verdict(admin, '198.51.100.9', '192.0.2.1')).toBe('allow')
    expect(verdict(admin, '198.51.100.9', 'dev/client')).toBe('unknown')
  })
})

// IP families in rules, and the order of ties. Sources: felix/rules/policy.go (FilterRuleToIPVersion, filterNets) and
// felix/calc/policy_sorter.go of Calico; part c.3 and c.6 of the specification.
import { describe, expect, it } from 'vitest'
import { flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluateBoth as evaluate } from '../testing/judge.ts'

const cluster = `${namespaceYaml('a')}${podYaml('a/web', '10.0.0.1', '{app: web}')}`

const global = (name: string, rule: string, order = '1') => `
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: ${name}}, spec: {order: ${order}, selector: "app == 'web'", ingress: [${rule}]}}`

const verdict = (text: string, options = {}) =>
  evaluate(flow('192.0.2.9', 'a/web', 'tcp/80'), snapshotOf(cluster + text, options)).verdict

describe('families', () => {
  it.each([
    ['blocks of both families', "{action: Allow, source: {nets: [192.0.2.0/24, 'feed::/16']}}", 'allow'],
    ['blocks of the other family only', "{action: Allow, source: {nets: ['feed::/16']}}", 'deny'],
    ['negated blocks of the other family only', "{action: Allow, source: {notNets: ['feed::/16']}}", 'deny'],
    ['negated blocks of both', "{action: Allow, source: {notNets: ['feed::/16', 10.0.0.0/8]}}", 'allow'],
    ['everything negated', '{action: Allow, source: {notNets: [0.0.0.0/0]}}', 'deny'],
    [
      'one end for one family, the other for the other',
      "{action: Allow, source: {nets: [192.0.2.0/24]}, destination: {nets: ['feed::/16']}}",
      'deny',
    ],
  ])('%s', (_, rule, wanted) => expect(verdict(global('p', rule))).toBe(wanted))
})

describe('ties', () => {
  const both = global('pol', '{action: Allow}') + global('pol-1', '{action: Deny}')
  it('are broken by name/namespace/kind since v3.32, so that pol-1 goes before pol', () => {
    expect(verdict(both)).toBe('deny')
  })
  it('were broken by the name alone before', () => {
    expect(verdict(both, { calico: 'v3.31' })).toBe('allow')
  })
  it('a policy without order goes last', () => {
    expect(verdict(global('a', '{action: Deny}', 'null') + global('b', '{action: Allow}', '99999'))).toBe('allow')
  })
})

import { describe, expect, it } from 'vitest'
import { flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { explain, printExplanation } from './explain.ts'

const cluster = `${namespaceYaml('shop')}${podYaml('shop/checkout', '10.0.0.1', '{role: api}')}${podYaml('shop/payments', '10.0.0.2', '{app: payments}')}
---
{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: app}, spec: {order: 10}}`

const calico = (spec: string) => `${cluster}
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: payments-ingress, namespace: shop}, spec: {tier: app, selector: "app == 'payments'", ${spec}}}`

const question = flow('shop/checkout', 'shop/payments', 'tcp/8080')
const ingress = (text: string) =>
  explain(question, snapshotOf(text)).directions.find((each) => each.direction === 'ingress')

describe('sentences', () => {
  it.each([
    [
      'a denial by the end of a tier',
      `ingress: [{action: Allow, source: {selector: "role == 'web'"}}]`,
      'ingress to shop/payments: tier app isolates it by shop/payments-ingress; rule 0 wants role = web, shop/checkout carries role = api; no rule matches, the end of tier app denies',
    ],
    [
      'a policy without rules',
      'ingress: []',
      'ingress to shop/payments: tier app isolates it by shop/payments-ingress; it has no rule for ingress, the end of tier app denies',
    ],
    [
      'a denial by a rule',
      `ingress: [{action: Deny, protocol: TCP, source: {selector: "role == 'api'"}}]`,
      'ingress to shop/payments: tier app: rule 0 of shop/payments-ingress denies it (deny tcp from namespace = shop and role = api)',
    ],
    [
      'an allowance by a rule',
      `ingress: [{action: Allow, protocol: TCP, source: {selector: "role == 'api'"}, destination: {ports: [8080]}}]`,
      'ingress to shop/payments: tier app: rule 0 of shop/payments-ingress allows it (allow tcp from namespace = shop and role = api to port 8080)',
    ],
    [
      'a pass, then the profile',
      'ingress: [{action: Pass}]',
      'ingress to shop/payments: tier app: rule 0 of shop/payments-ingress passes; no policy decides; profile kns.shop allows',
    ],
    [
      'a port that differs',
      `ingress: [{action: Allow, protocol: TCP, source: {selector: "role == 'api'"}, destination: {ports: [80, '90:99']}}]`,
      'ingress to shop/payments: tier app isolates it by shop/payments-ingress; rule 0 wants port 80, 90 to 99, the flow has port 8080; no rule matches, the end of tier app denies',
    ],
    [
      'an address that differs',
      'ingress: [{action: Allow, source: {nets: [192.0.2.0/24]}}]',
      'ingress to shop/payments: tier app isolates it by shop/payments-ingress; rule 0 wants 192.0.2.0/24, the address is 10.0.0.1; no rule matches, the end of tier app denies',
    ],
    [
      'a protocol that differs',
      'ingress: [{action: Allow, protocol: UDP}]',
      'ingress to shop/payments: tier app isolates it by shop/payments-ingress; rule 0 wants udp, the flow is tcp; no rule matches, the end of tier app denies',
    ],
  ])('%s', (_, spec, sentence) => expect(ingress(calico(spec))?.sentence).toBe(sentence))

  it.each([
    [
      "a rule's own domain",
      `destination: {domains: ['*.s3.example']}`,
      ['bucket.test'],
      'egress from shop/checkout: tier default: rule 0 of shop/out allows it (allow to domain *.s3.example); 203.0.113.7 is bucket.s3.example, by CNAME from bucket.test',
    ],
    [
      "a network set's domain",
      `destination: {selector: "kind == 'store'"}`,
      ['a.test', 'b.test'],
      'egress from shop/checkout: tier default: rule 0 of shop/out allows it (allow to namespace = shop and kind = store); 203.0.113.7 is bucket.s3.example, by CNAME from a.test or b.test',
    ],
    [
      'nothing, where a name that was asked for will do',
      `destination: {domains: ['*.s3.example', bucket.test]}`,
      ['bucket.test'],
      'egress from shop/checkout: tier default: rule 0 of shop/out allows it (allow to domain *.s3.example, bucket.test)',
    ],
  ])('name the alias that decided: %s', (_, destination, domains, sentence) => {
    const snapshot = snapshotOf(`${cluster}
---
{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {name: stores, namespace: shop, labels: {kind: store}}, spec: {allowedEgressDomains: ['*.s3.example']}}
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: out, namespace: shop}, spec: {types: [Egress], selector: "role == 'api'", egress: [{action: Allow, ${destination}}]}}`)
    const outside = flow('shop/checkout', '203.0.113.7', 'tcp/443')
    const asked = { ...outside, destination: { ...outside.destination, domains, aliases: ['bucket.s3.example'] } }
    expect(explain(asked, snapshot).directions[0]?.sentence).toBe(sentence)
  })

  it('an allowed flow that no policy covers', () => {
    expect(ingress(cluster)?.sentence).toBe('ingress to shop/payments: no policy decides; profile kns.shop allows')
  })
})

describe('the smallest change', () => {
  it.each([
    [
      'a label',
      `ingress: [{action: Allow, source: {selector: "role == 'web'"}}]`,
      'set label role = web on pod shop/checkout',
    ],
    [
      'a port',
      `ingress: [{action: Allow, protocol: TCP, source: {selector: "role == 'api'"}, destination: {ports: [80]}}]`,
      'add port 8080 to rule 0 of ingress of shop/payments-ingress',
    ],
    [
      'a rule',
      'ingress: []',
      'put in front an ingress rule in shop/payments-ingress: allow tcp from namespace = shop and role = api to port 8080',
    ],
    [
      'a rule in front of one that denies',
      'ingress: [{action: Deny}]',
      'put in front an ingress rule in shop/payments-ingress: allow tcp from namespace = shop and role = api to port 8080',
    ],
  ])('is %s, and admits the flow', (_, spec, text) => {
    const snapshot = snapshotOf(calico(spec))
    const fix = ingress(calico(spec))?.fix
    expect(fix?.text).toBe(text)
    expect(evaluate(question, snapshot).verdict).toBe('deny')
    expect(fix && evaluate(question, fix.apply(snapshot)).verdict).toBe('allow')
  })

  it('is no label that brings a policy which takes the other direction away', () => {
    const text = `${calico(`ingress: [{action: Allow, source: {selector: "role == 'web'"}}]`)}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web-egress, namespace: shop}, spec: {podSelector: {matchLabels: {role: web}}, policyTypes: [Egress]}}`
    const fix = ingress(text)?.fix
    expect(fix?.kind).toBe('rule')
    expect(fix && evaluate(question, fix.apply(snapshotOf(text))).verdict).toBe('allow')
  })

  it('names the nearest of several rules', () => {
    const spec = `ingress: [{action: Allow, protocol: UDP, source: {selector: "role == 'web'"}}, {action: Allow, protocol: TCP, source: {selector: "role == 'web'"}}]`
    expect(ingress(calico(spec))?.nearest?.rule.number).toBe(1)
  })

  it('is printed under the sentence', () => {
    const text = printExplanation(explain(question, snapshotOf(calico('ingress: []'))))
    expect(text.split('\n').slice(0, 2)).toEqual([
      'shop/checkout to shop/payments, tcp port 8080: denied',
      'egress from shop/checkout: no policy decides; profile kns.shop allows',
    ])
    expect(text).toContain('\n  to admit it: put in front an ingress rule')
  })
})

// Empty texts and lists in Calico's policies: in its API they are left out where they are empty, so that an empty one is one
// that is not set, whether it comes from a file or from a resource that was written directly. Source: part c.6 of the
// specification; the conversion of Calico's rules (updateprocessors/rules.go, globalnetworkpolicyprocessor.go), which asks
// of each text whether it is empty.
import { describe, expect, it } from 'vitest'
import { evaluateBoth as evaluate } from '../testing/judge.ts'
import { flow, namespaceYaml, parseYaml, podYaml, snapshotOf } from '../testing/yaml.ts'

const cluster = `${namespaceYaml('shop')}${namespaceYaml('dev')}${podYaml('shop/web', '10.0.0.5', '{app: web}')}${podYaml('dev/client', '10.0.0.9', '{app: client}')}`

const policy = (kind: string, spec: string) => `
---
{apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: {name: p${kind === 'NetworkPolicy' ? ', namespace: shop' : ''}}, spec: {${spec}}}`
const web = (kind: string, rules: string) => policy(kind, `selector: "app == 'web'", ${rules}`)

const kinds = ['GlobalNetworkPolicy', 'NetworkPolicy']
const nothings = [
  "selector: ''",
  "notSelector: ''",
  "namespaceSelector: ''",
  'serviceAccounts: {}',
  "serviceAccounts: {names: [], selector: ''}",
  "selector: '', notSelector: '', namespaceSelector: '', serviceAccounts: {}",
]
const cases = kinds.flatMap((kind) => nothings.map((entity) => [kind, entity] as const))

describe('an end of a rule that sets nothing is anybody', () => {
  it.each(cases)('%s with source {%s} admits an address outside and a pod of another namespace', (kind, entity) => {
    const snapshot = snapshotOf(cluster + web(kind, `ingress: [{action: Allow, source: {${entity}}}]`))
    expect(evaluate(flow('198.51.100.9', 'shop/web', 'tcp/80'), snapshot).verdict).toBe('allow')
    expect(evaluate(flow('dev/client', 'shop/web', 'tcp/80'), snapshot).verdict).toBe('allow')
  })

  it.each(cases)('%s with destination {%s} beside nets asks for the nets alone', (kind, entity) => {
    const rule = `egress: [{action: Allow, destination: {${entity}, nets: [198.51.100.0/24]}}], types: [Egress]`
    const snapshot = snapshotOf(cluster + web(kind, rule))
    expect(evaluate(flow('shop/web', '198.51.100.9', 'tcp/80'), snapshot).verdict).toBe('allow')
    expect(evaluate(flow('shop/web', '203.0.113.9', 'tcp/80'), snapshot).verdict).toBe('deny')
  })

  it('what is set beside an empty text still counts, and so does the namespace that it implies', () => {
    const rule = "ingress: [{action: Allow, source: {selector: \"app == 'client'\", namespaceSelector: ''}}]"
    const verdict = (kind: string) =>
      evaluate(flow('dev/client', 'shop/web', 'tcp/80'), snapshotOf(cluster + web(kind, rule))).verdict
    expect([verdict('GlobalNetworkPolicy'), verdict('NetworkPolicy')]).toEqual(['allow', 'deny'])
  })

  it('names alone and a selector alone are conditions of service accounts', () => {
    const verdict = (accounts: string) =>
      evaluate(
        flow('dev/client', 'shop/web', 'tcp/80'),
        snapshotOf(
          cluster + web('GlobalNetworkPolicy', `ingress: [{action: Allow, source: {serviceAccounts: ${accounts}}}]`),
        ),
      ).verdict
    expect(verdict("{names: [default], selector: ''}")).toBe('allow')
    expect(verdict("{names: [robot], selector: ''}")).toBe('deny')
    expect(verdict('{names: [], selector: "role == \'x\'"}')).toBe('deny')
  })
})

describe('an empty selector of a whole policy', () => {
  const host = `
---
{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: h, labels: {role: h}}, spec: {node: n1, interfaceName: '*', expectedIPs: [192.0.2.1], profiles: [projectcalico-default-allow]}}`

  it.each(["namespaceSelector: ''", "serviceAccountSelector: ''", "namespaceSelector: '', serviceAccountSelector: ''"])(
    '%s leaves host endpoints in',
    (empty) => {
      const deny = policy('GlobalNetworkPolicy', `selector: "role == 'h'", ${empty}, ingress: [{action: Deny}]`)
      const { verdict, destination } = evaluate(flow('203.0.113.9', '192.0.2.1', 'tcp/8080'), snapshotOf(host + deny))
      expect([verdict, destination?.decision.by]).toEqual(['deny', 'rule'])
    },
  )

  it('selects everything the policy may select', () => {
    const snapshot = snapshotOf(cluster + policy('NetworkPolicy', "selector: '', ingress: [{action: Deny}]"))
    expect(evaluate(flow('dev/client', 'shop/web', 'tcp/80'), snapshot).verdict).toBe('deny')
    expect(evaluate(flow('shop/web', 'dev/client', 'tcp/80'), snapshot).verdict).toBe('allow')
  })
})

describe('services', () => {
  const slice = `
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: c, namespace: dev, labels: {kubernetes.io/service-name: c}}, endpoints: [{addresses: [10.0.0.9]}], ports: [{port: 80, protocol: TCP}]}`
  const rule = (entity: string) =>
    web('GlobalNetworkPolicy', `types: [Egress], egress: [{action: Allow, destination: {${entity}}}]`)

  it('may stand beside what is not set', () => {
    const entity = "services: {name: c, namespace: dev}, selector: '', notSelector: '', nets: [], ports: []"
    const snapshot = snapshotOf(cluster + slice + rule(entity))
    expect(evaluate(flow('shop/web', 'dev/client', 'tcp/80'), snapshot).verdict).toBe('allow')
    expect(evaluate(flow('shop/web', 'dev/client', 'tcp/81'), snapshot).verdict).toBe('deny')
  })

  it('need a namespace that is not empty in a policy without one', () => {
    const { issues } = parseYaml(rule("services: {name: c, namespace: ''}"))
    expect(issues.map(({ message }) => message)).toEqual(['is required in a policy without namespace'])
  })
})

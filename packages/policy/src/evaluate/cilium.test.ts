// Cilium's kinds. Sources, all of docs.cilium.io: [intro] "Policy enforcement modes" and "Rule basics"; [l3] "Layer 3
// examples"; [l4] "Layer 4 examples"; [deny] "Deny policies"; [default-deny] "Rule basics", enableDefaultDeny; [dns] "DNS
// based"; [entities] "Entities based"; [k8s] "Using Kubernetes constructs in policy"; known faults D2 (cilium#4513).
import { describe, expect, it } from 'vitest'
import { flow, namespaceYaml, parseYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluateBoth as evaluate } from '../testing/judge.ts'
import { parseAddress } from '../net/address.ts'

const base = `${namespaceYaml('a', '{team: x}')}${namespaceYaml('b', '{team: y}')}
${podYaml('a/web', '10.0.0.1', '{app: web}', 'nodeName: n1')}${podYaml('a/api', '10.0.0.2', '{app: api}')}${podYaml('b/api', '10.0.0.3', '{app: api}')}
---
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}}
---
{apiVersion: v1, kind: Node, metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: 10.9.0.2}]}}`

const cnp = (spec: string, name = 'p') => `
---
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: ${name}, namespace: a}, spec: {endpointSelector: {matchLabels: {app: web}}, ${spec}}}`

const from = (text: string, source: string, layer4 = 'tcp/80') =>
  evaluate(flow(source, 'a/web', layer4), snapshotOf(base + text)).verdict
const to = (text: string, destination: string, layer4 = 'tcp/80') =>
  evaluate(flow('a/web', destination, layer4), snapshotOf(base + text)).verdict

describe('ingress', () => {
  const api = '{matchLabels: {app: api}}'
  it.each([
    [
      'an endpoint selector means the own namespace [k8s]',
      `ingress: [{fromEndpoints: [${api}]}]`,
      ['allow', 'deny', 'deny'],
    ],
    [
      'unless it names another [k8s]',
      'ingress: [{fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: b}}]}]',
      ['deny', 'allow', 'deny'],
    ],
    [
      'or a namespace label [k8s]',
      'ingress: [{fromEndpoints: [{matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: "y"}}]}]',
      ['deny', 'allow', 'deny'],
    ],
    [
      'an empty selector is every endpoint of the namespace [l3]',
      'ingress: [{fromEndpoints: [{}]}]',
      ['allow', 'deny', 'deny'],
    ],
    ['an empty rule is nobody [l3]', 'ingress: [{}]', ['deny', 'deny', 'deny']],
    ['an empty list of peers is nobody [D2]', 'ingress: [{fromEndpoints: []}]', ['deny', 'deny', 'deny']],
    ['entity cluster [entities]', 'ingress: [{fromEntities: [cluster]}]', ['allow', 'allow', 'deny']],
    ['entity world [entities]', 'ingress: [{fromEntities: [world]}]', ['deny', 'deny', 'allow']],
    ['entity all [entities]', 'ingress: [{fromEntities: [all]}]', ['allow', 'allow', 'allow']],
    ['blocks never mean pods [l3]', 'ingress: [{fromCIDR: [0.0.0.0/0]}]', ['deny', 'deny', 'allow']],
    [
      'blocks with exceptions [l3]',
      'ingress: [{fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.8/29]}]}]',
      ['deny', 'deny', 'deny'],
    ],
    [
      'ports alone are from anywhere [l4]',
      'ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]',
      ['allow', 'allow', 'allow'],
    ],
    ['no ingress section leaves ingress alone [intro]', 'egress: [{}]', ['allow', 'allow', 'allow']],
  ])('%s', (_, spec, wanted) => {
    expect(['a/api', 'b/api', '192.0.2.9'].map((source) => from(cnp(spec), source))).toEqual(wanted)
  })
})

describe('deny and default deny', () => {
  it('deny goes before allow, also from another policy [deny]', () => {
    const allow = cnp('ingress: [{fromEntities: [all]}]')
    const deny = cnp('ingressDeny: [{fromEndpoints: [{matchLabels: {app: api}}]}]', 'q')
    expect(from(allow + deny, 'a/api')).toBe('deny')
    expect(from(allow + deny, '192.0.2.9')).toBe('allow')
  })

  it('allows of Cilium and of Kubernetes policies are one union [intro]', () => {
    const kubernetes = `
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: k, namespace: a}, spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}}`
    const both = cnp('ingress: [{fromEndpoints: [{}]}]') + kubernetes
    expect(['a/api', 'b/api', '192.0.2.9'].map((source) => from(both, source))).toEqual(['allow', 'deny', 'allow'])
  })

  it.each([
    ['an empty list has no rule, and isolates nobody', 'ingress: []', 'allow'],
    ['nor does one beside rules of the other direction', 'ingress: [], egress: [{}]', 'allow'],
    ['a deny rule alone isolates', 'ingressDeny: [{fromCIDR: [192.0.2.0/24]}]', 'deny'],
    ['enableDefaultDeny true isolates without a rule', 'enableDefaultDeny: {ingress: true}', 'deny'],
    ['and of the other direction says nothing of this one', 'enableDefaultDeny: {egress: true}', 'allow'],
  ])('%s [default-deny]', (_, spec, wanted) => expect(from(cnp(spec), 'a/api')).toBe(wanted))

  it('enableDefaultDeny false isolates nobody, and its deny rules still deny [default-deny]', () => {
    const spec =
      'enableDefaultDeny: {ingress: false}, ingress: [{fromEndpoints: [{}]}], ingressDeny: [{fromCIDR: [192.0.2.0/24]}]'
    expect(['a/api', 'b/api', '192.0.2.9'].map((source) => from(cnp(spec), source))).toEqual(['allow', 'allow', 'deny'])
  })
})

describe('hosts', () => {
  it('a node reaches its own pods; remote-node is any other [entities]', () => {
    expect(from(cnp('ingress: [{}]'), '10.9.0.1')).toBe('allow')
    expect(from(cnp('ingress: [{}]'), '10.9.0.2')).toBe('deny')
    expect(from(cnp('ingress: [{fromEntities: [remote-node]}]'), '10.9.0.2')).toBe('allow')
    expect(from(cnp('ingress: [{fromEntities: [host]}]'), '10.9.0.2')).toBe('deny')
  })
})

describe('egress', () => {
  it.each([
    [
      'a port range [l4]',
      'egress: [{toPorts: [{ports: [{port: "80", endPort: 90, protocol: TCP}]}]}]',
      'tcp/85',
      'allow',
    ],
    ['beyond it', 'egress: [{toPorts: [{ports: [{port: "80", endPort: 90, protocol: TCP}]}]}]', 'tcp/91', 'deny'],
    [
      'protocol ANY is TCP, UDP and SCTP [l4]',
      'egress: [{toPorts: [{ports: [{port: "53", protocol: ANY}]}]}]',
      'udp/53',
      'allow',
    ],
    ['port 0 is every port [l4]', 'egress: [{toPorts: [{ports: [{port: "0", protocol: UDP}]}]}]', 'udp/999', 'allow'],
  ])('%s', (_, spec, layer4, wanted) => expect(to(cnp(spec), 'b/api', layer4)).toBe(wanted))

  it('ICMP types by number and by name [l4]', () => {
    const question = (type: number) => flow('a/web', 'b/api', 'icmp', { icmp: { type, code: 0 } })
    const verdict = (spec: string, type: number) => evaluate(question(type), snapshotOf(base + cnp(spec))).verdict
    expect(verdict('egress: [{icmps: [{fields: [{type: 8, family: IPv4}]}]}]', 8)).toBe('allow')
    expect(verdict('egress: [{icmps: [{fields: [{type: EchoRequest, family: IPv4}]}]}]', 8)).toBe('allow')
    expect(verdict('egress: [{icmps: [{fields: [{type: 8, family: IPv4}]}]}]', 0)).toBe('deny')
  })

  const dns = 'egress: [{toFQDNs: [{matchName: API.Example.com.}, {matchPattern: "*.example.org"}]}]'
  it.each([
    ['a name, in any case and with or without final dot [dns]', 'api.EXAMPLE.com', 'allow'],
    ['a star stays within one label [dns]', 'x.example.org', 'allow'],
    ['and does not span two [dns]', 'x.y.example.org', 'deny'],
  ])('%s', (_, name, wanted) => {
    const address = parseAddress('203.0.113.7') ?? expect.fail('address')
    const snapshot = snapshotOf(base + cnp(dns))
    const seen = ['api.example.com', 'x.example.org', name].map((each, index) => ({
      name: each,
      address: index === 2 ? address : { family: 4 as const, words: [index] },
    }))
    expect(evaluate(flow('a/web', '203.0.113.7', 'tcp/443'), { ...snapshot, domains: seen }).verdict).toBe(wanted)
  })

  it('a name that the answer led to is not the name that was asked for [dns]', () => {
    const address = parseAddress('203.0.113.7') ?? expect.fail('address')
    const asked = (domains: readonly string[], aliases: readonly string[]) => ({
      ...flow('a/web', '203.0.113.7', 'tcp/443'),
      destination: { address, domains, aliases },
    })
    const snapshot = snapshotOf(base + cnp(dns))
    expect(evaluate(asked(['bucket.test'], ['api.example.com']), snapshot)).toMatchObject({
      verdict: 'deny',
      missing: [],
    })
    expect(evaluate(asked(['api.example.com'], ['bucket.test']), snapshot).verdict).toBe('allow')
  })

  it('a domain that nobody asked for yet is a missing fact, not a denial', () => {
    const { verdict, missing } = evaluate(flow('a/web', '203.0.113.7', 'tcp/443'), snapshotOf(base + cnp(dns)))
    expect(verdict).toBe('unknown')
    expect(missing.map((fact) => fact.text)).toEqual(['addresses of domain api.example.com'])
  })
})

describe('what is not evaluated', () => {
  it.each([
    [
      'layer 7 rules',
      'ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]}]',
      'toPorts.rules',
    ],
    ['peers by group', 'ingress: [{fromGroups: [{aws: {}}]}]', 'fromGroups'],
    ['peers by required labels', 'ingress: [{fromRequires: [{}]}]', 'fromRequires'],
    ['authentication', 'ingress: [{fromEntities: [all], authentication: {mode: required}}]', 'authentication'],
  ])('%s are named, and make verdicts that depend on them unknown', (_, spec, name) => {
    const { snapshot } = parseYaml(base + cnp(spec))
    const { verdict, missing } = evaluate(flow('a/api', 'a/web', 'tcp/80'), snapshot)
    expect(verdict).toBe('unknown')
    expect(missing.map((fact) => fact.text).join()).toContain(name)
    expect(evaluate(flow('a/web', 'a/api', 'tcp/80'), snapshot).verdict).toBe('allow')
  })

  it('a definite allow beside them is definite', () => {
    const spec = 'ingress: [{fromGroups: [{aws: {}}]}, {fromEndpoints: [{}]}]'
    const { snapshot } = parseYaml(base + cnp(spec))
    expect(evaluate(flow('a/api', 'a/web', 'tcp/80'), snapshot).verdict).toBe('allow')
  })

  it('specs are several policies in one object', () => {
    const text = `
---
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p, namespace: a}, specs: [{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{}]}]}, {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [world]}]}]}`
    expect(['a/api', 'b/api', '192.0.2.9'].map((source) => from(text, source))).toEqual(['allow', 'deny', 'allow'])
  })
})

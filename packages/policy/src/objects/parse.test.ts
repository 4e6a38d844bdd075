import { describe, expect, it } from 'vitest'
import { parseYaml, snapshotOf } from '../testing/yaml.ts'
import { printAddress, printCidr } from '../net/address.ts'
import { printSelector } from '../selector/print.ts'
import { parseSnapshot } from './parse.ts'
import { printPolicy } from './print.ts'

const calico = (spec: string, kind = 'NetworkPolicy') =>
  `{apiVersion: projectcalico.org/v3, kind: ${kind}, metadata: {name: p, namespace: a}, spec: {${spec}}}`
const kubernetes = (spec: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: a}, spec: {${spec}}}`
const admin = (spec: string) =>
  `{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ${spec}}}`

const linesOf = (text: string) =>
  parseYaml(text).issues.map(({ severity, path, message }) => `${severity} ${path}: ${message}`)

describe('faults are told with their path and what is allowed there', () => {
  it.each([
    [
      calico('ingress: [{action: allow}]'),
      'error spec.ingress[0].action: want one of Allow, Deny, Pass, Log, got "allow"',
    ],
    [calico('ingress: [{}]'), 'error spec.ingress[0].action: is required'],
    [calico('selector: "a =="'), 'expected a string in quotes'],
    [calico('selector: "global()"'), 'error spec.selector: global() is not allowed here'],
    [
      calico('ingress: [{action: Allow, source: {namespaceSelector: "global() || a == \'b\'"}}]'),
      'global() must stand alone',
    ],
    [
      calico('ingress: [{action: Allow, destination: {ports: [80]}}]'),
      'error spec.ingress[0].destination: numeric ports need protocol TCP, UDP or SCTP',
    ],
    [
      calico('ingress: [{action: Allow, protocol: TCP, destination: {ports: [70000]}}]'),
      'want a number from 0 to 65535, got 70000',
    ],
    [
      calico('ingress: [{action: Allow, protocol: TCP, destination: {ports: ["90:80"]}}]'),
      'want a port from 0 to 65535, "min:max", or a port name, got "90:80"',
    ],
    [
      calico('ingress: [{action: Allow, icmp: {type: 8}}]'),
      'error spec.ingress[0].icmp: needs protocol ICMP or ICMPv6',
    ],
    [calico('ingress: [{action: Allow, protocol: ICMP, icmp: {code: 0}}]'), 'needs a type beside it'],
    [
      calico('ingress: [{action: Allow, source: {nets: [10.0.0.0/40]}}]'),
      'error spec.ingress[0].source.nets[0]: want a block such as 10.0.0.0/8, got "10.0.0.0/40"',
    ],
    [
      calico('egress: [{action: Allow, destination: {services: {name: s}, selector: "a == \'b\'"}}]'),
      'must not stand beside services',
    ],
    [calico('ingress: [{action: Deny, http: {methods: [GET]}}]'), 'is allowed in ingress rules with action Allow only'],
    [
      calico('namespaceSelector: "all()"'),
      'warning spec.namespaceSelector: unknown field "namespaceSelector" is kept and not evaluated',
    ],
    [calico('stagedAction: Set'), 'warning spec.stagedAction: unknown field'],
    [
      kubernetes('podSelector: {}, policyTypes: [ingress]'),
      'error spec.policyTypes[0]: want one of Ingress, Egress, got "ingress"',
    ],
    [kubernetes('podSelector: {matchLabels: {app: 1}}'), 'error spec.podSelector.matchLabels.app: want a text, got 1'],
    [
      kubernetes('podSelector: {}, ingress: [{from: [{ipBlock: {cidr: x}}]}]'),
      'error spec.ingress[0].from[0].ipBlock.cidr: want a block such as 10.0.0.0/8, got "x"',
    ],
    [kubernetes('podSelector: {}, ingress: [{ports: [{port: http, endPort: 90}]}]'), 'endPort needs a numeric port'],
    [kubernetes('podSelector: {matchExpressions: [{key: a, operator: In}]}'), 'operator In needs at least one value'],
    [
      admin('ingress: [{action: Allow, from: [{namespaces: {}}]}]'),
      'error spec.ingress[0].action: want one of Accept, Deny, Pass, got "Allow"',
    ],
    [admin('egress: [{action: Deny, to: [{nodes: {}}]}]'), 'want exactly one of namespaces, pods, networks, got nodes'],
    ['{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}', 'takes no part in policy'],
    ['{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {}}', 'error metadata.name: is required'],
    ['[]', 'want an object'],
  ])('%s', (text, wanted) => expect(linesOf(text).join('\n')).toContain(wanted))

  it('names the object, and every fault of it at once', () => {
    const { issues } = parseYaml(calico('ingress: [{action: no}, {action: Allow, ipVersion: 5}]'))
    expect(issues.map((issue) => `${issue.object} ${issue.path}`)).toEqual([
      'NetworkPolicy a/p spec.ingress[0].action',
      'NetworkPolicy a/p spec.ingress[1].ipVersion',
    ])
  })
})

describe('what stays of a wrong object', () => {
  it('Kubernetes keeps the sound rules', () => {
    const { snapshot } = parseYaml(
      kubernetes('podSelector: {}, ingress: [{from: [{ipBlock: {cidr: x}}]}, {from: [{podSelector: {}}]}]'),
    )
    expect(snapshot.policies[0]?.ingress?.map((rule) => rule.number)).toEqual([1])
  })

  it.each([
    'podSelector: {matchLabels: {app: 1}}',
    'podSelector: {}, policyTypes: [ingress]',
    'podSelector: {matchLabels: {"a b": c}}',
  ])('a policy that would select or cover something else is left out: %s', (spec) =>
    expect(parseYaml(kubernetes(spec)).snapshot.policies).toEqual([]),
  )

  it('Calico refuses the whole, and objects beside it stay', () => {
    const { snapshot } = parseYaml(`${calico('ingress: [{action: no}]')}\n---\n${kubernetes('podSelector: {}')}`)
    expect(snapshot.policies.map((policy) => policy.kind)).toEqual(['KubernetesNetworkPolicy'])
  })

  it('the admin kinds fail closed: a rule that cannot be expressed denies all if it denies, and vanishes if it accepts', () => {
    const rules = (action: string) =>
      parseYaml(admin(`egress: [{action: ${action}, to: [{nodes: {}}]}]`)).snapshot.policies[0]?.egress
    expect(rules('Deny')).toMatchObject([{ action: 'deny', source: {}, destination: {} }])
    expect(rules('Pass')).toMatchObject([{ action: 'deny' }])
    expect(rules('Accept')).toEqual([])
  })
})

describe('normal form', () => {
  it('a rule of several peers and protocols becomes one rule each, in the order in which Felix numbers them', () => {
    const { policies } = snapshotOf(
      kubernetes(
        'podSelector: {}, ingress: [{from: [{podSelector: {}}, {namespaceSelector: {}}], ports: [{protocol: UDP, port: 53}, {port: 80}, {port: 443}]}]',
      ),
    )
    const rules = policies[0]?.ingress ?? []
    expect(rules.map((rule) => [rule.protocols?.[0], rule.origin])).toEqual([
      [6, 'ingress[0].from[0]'],
      [6, 'ingress[0].from[1]'],
      [17, 'ingress[0].from[0]'],
      [17, 'ingress[0].from[1]'],
    ])
  })

  it.each([
    ['ingress rules only', 'ingress: [{action: Allow}]', ['ingress']],
    ['egress rules only', 'egress: [{action: Allow}]', ['egress']],
    ['both', 'ingress: [{action: Allow}], egress: [{action: Allow}]', ['ingress', 'egress']],
    ['none', '', ['ingress']],
    ['an empty list of types', 'types: []', ['ingress', 'egress']],
  ])('directions of a Calico policy with %s', (_, spec, wanted) => {
    const [policy] = snapshotOf(calico(spec)).policies
    expect(['ingress', 'egress'].filter((direction) => policy?.[direction as 'ingress'] !== undefined)).toEqual(wanted)
  })

  it('a staged deletion is nothing that could be evaluated', () => {
    expect(snapshotOf(calico('stagedAction: Delete', 'StagedNetworkPolicy')).policies).toEqual([])
  })

  it("Calico's storage group hides name and labels in an annotation", () => {
    const { policies, networkSets } = parseSnapshot([
      {
        apiVersion: 'crd.projectcalico.org/v1',
        kind: 'GlobalNetworkPolicy',
        metadata: { name: 'default.p' },
        spec: {},
      },
      {
        apiVersion: 'crd.projectcalico.org/v1',
        kind: 'GlobalNetworkSet',
        metadata: {
          name: 's',
          labels: { a: '1' },
          annotations: { 'projectcalico.org/metadata': '{"labels":{"b":"2"}}' },
        },
        spec: { nets: ['10.1.2.3/8'] },
      },
    ]).snapshot
    expect(policies[0]?.name).toBe('p')
    expect([...(networkSets[0]?.labels ?? [])]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
    expect(networkSets[0]?.nets.map(printCidr)).toEqual(['10.0.0.0/8'])
  })

  it('reads pods, and leaves finished ones out', () => {
    const pod = (name: string, phase: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'a', name },
      spec: {},
      status: { phase, podIPs: [{ ip: '10.0.0.1' }, { ip: '2001:db8::1' }] },
    })
    const { pods } = parseSnapshot([
      { kind: 'PodList', items: [pod('p', 'Running'), pod('done', 'Succeeded')] },
    ]).snapshot
    expect(pods.map((each) => [each.name, ...each.addresses.map(printAddress)])).toEqual([
      ['p', '10.0.0.1', '2001:db8::1'],
    ])
  })

  it('keeps unknown fields, and prints selectors in their canonical form', () => {
    const { snapshot } = parseYaml(calico('selector: \' a=="b"&&has( c ) \', later: 1'))
    expect(printPolicy(snapshot.policies[0] ?? expect.fail('no policy'))).toMatchObject({
      spec: { selector: 'a == "b" && has(c)', later: 1, types: ['Ingress'] },
    })
  })

  it('the last of several policies of one name stands', () => {
    const { policies } = snapshotOf(`${calico('order: 1')}\n---\n${calico('order: 2')}`)
    expect(policies.map((policy) => [policy.order, printSelector(policy.subject)])).toEqual([
      [2, 'projectcalico.org/namespace == "a"'],
    ])
  })
})

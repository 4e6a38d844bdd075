// Host endpoints. Sources: [hosts] Calico documentation, "Protect hosts and VMs" and "Failsafe rules"; [forward] "Apply
// policy to forwarded traffic"; [dos] "Defend against DoS attacks" (doNotTrack); [nodeports] "Apply Calico policy to
// Kubernetes node ports" (preDNAT); [reference] resource reference of GlobalNetworkPolicy and HostEndpoint; facts in part
// c.12 of the specification, those marked [T] asserted by Felix' functional tests.
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../net/address.ts'
import { flow, namespaceYaml, parseYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluateBoth as evaluate } from '../testing/judge.ts'
import type { Flow } from './flow.ts'

const host = (name: string, more = '') => `
---
{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: ${name}, labels: {role: node}}, spec: {node: n1, interfaceName: eth0, expectedIPs: [192.0.2.1]${more}}}`

const global = (name: string, spec: string) => `
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: ${name}}, spec: {selector: "role == 'node'", ${spec}}}`

const pods = `${namespaceYaml('a')}${podYaml('a/web', '10.0.0.1', '{app: web}', 'nodeName: n1')}${podYaml('a/far', '10.0.0.2', '{app: far}', 'nodeName: n2')}`
const verdict = (text: string, question: Flow, options = {}) => evaluate(question, snapshotOf(text, options)).verdict

describe('traffic of the host itself', () => {
  it('is denied without policy and profile [hosts]', () => {
    expect(verdict(host('h'), flow('203.0.113.5', 'host:h', 'tcp/8443'))).toBe('deny')
  })

  it('is allowed by the profile that automatic host endpoints carry [reference]', () => {
    expect(
      verdict(host('h', ', profiles: [projectcalico-default-allow]'), flow('203.0.113.5', 'host:h', 'tcp/8443')),
    ).toBe('allow')
  })

  it.each([
    ['ssh in', '203.0.113.5', 'host:h', 'tcp/22', 'allow'],
    ['DHCP in', '203.0.113.5', 'host:h', 'udp/68', 'allow'],
    ['another port in', '203.0.113.5', 'host:h', 'tcp/23', 'deny'],
    ['DNS out', 'host:h', '203.0.113.5', 'udp/53', 'allow'],
    ['ssh out', 'host:h', '203.0.113.5', 'tcp/22', 'deny'],
  ])('failsafe ports stay open: %s [hosts]', (_, from, to, layer4, wanted) => {
    expect(verdict(host('h'), flow(from, to, layer4))).toBe(wanted)
  })

  it('is found by the expected address, and ordinary policies apply [hosts]', () => {
    const text = host('h') + global('p', 'ingress: [{action: Allow, protocol: TCP, destination: {ports: [8443]}}]')
    expect(verdict(text, flow('203.0.113.5', '192.0.2.1', 'tcp/8443'))).toBe('allow')
    expect(verdict(text, flow('203.0.113.5', '192.0.2.1', 'tcp/8444'))).toBe('deny')
  })

  it('a namespaceSelector leaves host endpoints out [c.5]', () => {
    const text = host('h') + global('p', "namespaceSelector: 'all()', ingress: [{action: Allow}]")
    expect(verdict(text, flow('203.0.113.5', 'host:h', 'tcp/8443'))).toBe('deny')
  })
})

describe('node and pods', () => {
  it('a node always reaches its own pods, another node does not [c.12 T]', () => {
    const deny = `
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none, namespace: a}, spec: {podSelector: {}}}`
    const text = pods + host('h') + deny
    expect(evaluate(flow('host:h', 'a/web', 'tcp/80'), snapshotOf(text)).destination?.verdict).toBe('allow')
    expect(evaluate(flow('host:h', 'a/far', 'tcp/80'), snapshotOf(text)).destination?.verdict).toBe('deny')
  })

  it('what a pod may send to its own node is also up to defaultEndpointToHostAction [c.12]', () => {
    const text = pods + host('h', ', profiles: [projectcalico-default-allow]')
    expect(verdict(text, flow('a/web', 'host:h', 'tcp/9100'), { endpointToHost: 'drop' })).toBe('deny')
    expect(verdict(text, flow('a/web', 'host:h', 'tcp/9100'), { endpointToHost: 'accept' })).toBe('allow')
  })
})

describe('forwarded traffic', () => {
  const via = (direction: 'ingress' | 'egress'): Partial<Flow> => ({ via: [{ hostEndpoint: 'h', direction }] })
  const question = (port: number) => flow('203.0.113.5', 'a/web', `tcp/${port}`, via('ingress'))

  it('is allowed where no policy says applyOnForward, whatever the host would drop [forward]', () => {
    expect(verdict(pods + host('h') + global('p', 'ingress: [{action: Deny}]'), question(80))).toBe('allow')
  })

  it('meets policies that say applyOnForward, and the end of their tier [forward]', () => {
    const text =
      pods +
      host('h') +
      global('p', 'applyOnForward: true, ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]')
    expect(verdict(text, question(80))).toBe('allow')
    expect(verdict(text, question(81))).toBe('deny')
  })

  it('a policy that covers the other direction only leaves it alone [forward]', () => {
    const text = pods + host('h') + global('p', 'applyOnForward: true, types: [Egress], egress: []')
    expect(verdict(text, question(80))).toBe('allow')
  })

  it('applyOnForward policies apply to the host and to pods as well [reference]', () => {
    const text = `${pods}${host('h')}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: 'all()', applyOnForward: true, ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]}}`
    expect(verdict(text, flow('203.0.113.5', 'host:h', 'tcp/80'))).toBe('allow')
    expect(verdict(text, flow('203.0.113.5', 'a/web', 'tcp/81'))).toBe('deny')
  })
})

describe('doNotTrack and preDNAT', () => {
  const untracked = global(
    'u',
    'doNotTrack: true, applyOnForward: true, ingress: [{action: Deny, source: {nets: [203.0.113.0/24]}}]',
  )
  const preDnat = global(
    'd',
    'preDNAT: true, applyOnForward: true, ingress: [{action: Deny, protocol: TCP, destination: {ports: [30080]}}]',
  )
  const profile = ', profiles: [projectcalico-default-allow]'

  it('an untracked rule decides before everything else [dos]', () => {
    const text = host('h', profile) + untracked + global('p', 'ingress: [{action: Allow}]')
    expect(verdict(text, flow('203.0.113.5', 'host:h', 'tcp/8443'))).toBe('deny')
  })

  it('where no untracked rule matches nothing is dropped: ordinary policy decides [c.12]', () => {
    expect(verdict(host('h', profile) + untracked, flow('198.51.100.1', 'host:h', 'tcp/8443'))).toBe('allow')
    expect(
      verdict(
        host('h') + untracked + global('p', 'ingress: [{action: Allow}]'),
        flow('198.51.100.1', 'host:h', 'tcp/8443'),
      ),
    ).toBe('allow')
  })

  it('preDNAT sees the address and port that were dialled [nodeports]', () => {
    const dialled = { address: parseAddress('192.0.2.1') ?? expect.fail('address'), port: 30080 }
    const question = (port: number) =>
      flow('203.0.113.5', 'a/web', 'tcp/80', {
        via: [{ hostEndpoint: 'h', direction: 'ingress', beforeDnat: { ...dialled, port } }],
      })
    expect(verdict(pods + host('h') + preDnat, question(30080))).toBe('deny')
    expect(verdict(pods + host('h') + preDnat, question(30081))).toBe('allow')
  })

  it('neither ever touches a pod [c.12]', () => {
    const all = (flags: string) => `
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: 'all()', ${flags}, applyOnForward: true, ingress: [{action: Deny}]}}`
    expect(verdict(pods + all('doNotTrack: true'), flow('203.0.113.5', 'a/web', 'tcp/80'))).toBe('allow')
    expect(verdict(pods + all('preDNAT: true'), flow('203.0.113.5', 'a/web', 'tcp/80'))).toBe('allow')
  })

  it.each([
    ['doNotTrack: true', 'must be true with doNotTrack or preDNAT'],
    ['doNotTrack: true, preDNAT: true, applyOnForward: true', 'must not stand beside doNotTrack'],
    ['preDNAT: true, applyOnForward: true, egress: [{action: Allow}]', 'ingress rules only'],
  ])('refuses %s [reference]', (flags, message) => {
    const { issues, snapshot } = parseYaml(global('p', flags))
    expect(issues.map((issue) => issue.message).join()).toContain(message)
    expect(snapshot.policies).toEqual([])
  })
})

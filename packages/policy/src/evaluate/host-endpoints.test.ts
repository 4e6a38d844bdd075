// Which host endpoint stands for a node, and which addresses have its labels. Sources: [reference] Calico's resource reference
// of HostEndpoint; [felix] resolveHostEndpoints in felix/dataplane/linux/endpoint_mgr.go: on an interface at most one is in
// force, one that names it or, without a name, expects an address of it, the first by name, and without such the first for
// `*`; [index] felix/labelindex: the sets of selectors hold expected addresses; parts c.7 and c.12 of the specification.
import { describe, expect, it } from 'vitest'
import { explain, printExplanation } from '../explain/explain.ts'
import { parseAddress } from '../net/address.ts'
import { flow, namespaceYaml, podYaml, snapshotOf } from '../testing/yaml.ts'
import { evaluateBoth as evaluate } from '../testing/judge.ts'
import type { FlowEnd } from './flow.ts'

const node = (name: string, ...addresses: string[]) => `
---
{apiVersion: v1, kind: Node, metadata: {name: ${name}}, status: {addresses: [${addresses.map((address) => `{type: InternalIP, address: '${address}'}`).join(', ')}]}}`
const host = (name: string, spec: string, labels = '{role: h}', on = 'n2') => `
---
{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: ${name}, labels: ${labels}}, spec: {node: ${on}, ${spec}}}`
const atHost = (rule: string, selector = "role == 'h'") => `
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: at-host}, spec: {selector: "${selector}", types: [Ingress], ingress: [${rule}]}}`
const atPod = (entity: string, action = 'Allow') => `
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: at-pod, namespace: shop}, spec: {selector: "app == 'web'", types: [Ingress], ingress: [{action: ${action}, source: {${entity}}}${action === 'Allow' ? '' : ', {action: Allow}'}]}}`

const cluster =
  namespaceYaml('shop') +
  podYaml('shop/web', '10.0.0.5', '{app: web}', 'nodeName: n1') +
  podYaml('shop/far', '10.0.1.5', '{app: far}', 'nodeName: n2') +
  node('n1', '192.168.0.1') +
  node('n2', '192.168.0.2', '192.168.9.2', '203.0.113.2')

const at = (name: string, address?: string): FlowEnd => ({
  node: name,
  ...(address && { address: parseAddress(address) ?? expect.fail(address) }),
})
const allowing = 'profiles: [projectcalico-default-allow]'
const deny = '{action: Deny}'

/** Verdict, who was judged and what was missing, of what comes to node n2 from outside. */
function toNode(text: string, address: string | undefined, port = 8080) {
  const question = { ...flow('198.51.100.9', 'shop/web', `tcp/${port}`), destination: at('n2', address) }
  const { verdict, destination, missing } = evaluate(question, snapshotOf(cluster + text))
  return [verdict, destination?.endpoint, ...missing.map((fact) => fact.text)]
}
const fromNode = (text: string, address: string | undefined, name = 'n2') => {
  const question = { ...flow('198.51.100.9', 'shop/web', 'tcp/80'), source: at(name, address) }
  const { verdict, missing } = evaluate(question, snapshotOf(cluster + text))
  return [verdict, ...missing.map((fact) => fact.text)]
}

describe('a node at an address is judged by the host endpoint that stands there [felix]', () => {
  it.each([
    ['of all interfaces', "interfaceName: '*', expectedIPs: [192.168.0.2]"],
    ['of all interfaces, without addresses', "interfaceName: '*'"],
    ['of an interface that has the address', 'interfaceName: eth0, expectedIPs: [192.168.0.2]'],
    ['that is known by its address alone', 'expectedIPs: [192.168.0.2]'],
    ['whose interface has an empty name, and the address', "interfaceName: '', expectedIPs: [192.168.0.2]"],
  ])('%s', (_, spec) => {
    const text = host('h2', spec) + atHost(deny)
    expect(toNode(text, '192.168.0.2')).toEqual(['deny', 'host endpoint h2'])
    const byAddress = evaluate(flow('198.51.100.9', '192.168.0.2', 'tcp/8080'), snapshotOf(cluster + text))
    expect(byAddress.destination?.endpoint).toBe('host endpoint h2')
  })

  it('one for the interface goes before the one for all', () => {
    const both =
      host('all', `interfaceName: '*', expectedIPs: [192.168.0.2], ${allowing}`) +
      host('eth1', `interfaceName: eth1, expectedIPs: [192.168.9.2], ${allowing}`, '{role: one}') +
      atHost(deny, "role == 'one'")
    expect(toNode(both, '192.168.9.2')).toEqual(['deny', 'host endpoint eth1'])
    expect(toNode(both, '192.168.0.2')).toEqual(['allow', 'host endpoint all'])
    expect(toNode(both, '203.0.113.2')).toEqual(['allow', 'host endpoint all'])
  })

  it('an interface that states other addresses does not have this one: the node is under no policy there', () => {
    expect(toNode(host('h2', 'interfaceName: eth0, expectedIPs: [192.168.9.2]') + atHost(deny), '192.168.0.2')).toEqual(
      ['allow', undefined],
    )
  })

  it.each([
    ['for all interfaces', "interfaceName: '*'", "interfaceName: '*'"],
    ['for one address', 'expectedIPs: [192.168.0.2]', 'expectedIPs: [192.168.0.2]'],
    ['by interface and by address', 'interfaceName: eth0, expectedIPs: [192.168.0.2]', 'expectedIPs: [192.168.0.2]'],
    [
      'of one interface',
      'interfaceName: eth0, expectedIPs: [192.168.9.2]',
      'interfaceName: eth0, expectedIPs: [192.168.0.2]',
    ],
  ])('of several %s the first by name stands', (_, first, second) => {
    const text = host('b', second, '{role: other}') + host('a', first) + atHost(deny)
    expect(toNode(text, '192.168.0.2')).toEqual(['deny', 'host endpoint a'])
  })

  it('a machine that is no node of Kubernetes is known by its host endpoints', () => {
    const text = host('vm', 'interfaceName: eth0, expectedIPs: [172.16.0.9]', '{role: h}', 'vm') + atHost(deny)
    const { destination } = evaluate(flow('198.51.100.9', '172.16.0.9', 'tcp/80'), snapshotOf(cluster + text))
    expect([destination?.verdict, destination?.endpoint]).toEqual(['deny', 'host endpoint vm'])
  })

  it('an address that host endpoints of two machines expect is nobody known', () => {
    const two =
      host('a', 'expectedIPs: [172.16.0.9]', '{}', 'vm1') + host('b', 'expectedIPs: [172.16.0.9]', '{}', 'vm2')
    const { verdict, missing } = evaluate(flow('198.51.100.9', '172.16.0.9', 'tcp/80'), snapshotOf(cluster + two))
    expect([verdict, missing.map(({ text }) => text)]).toEqual(['unknown', ['who the node at 172.16.0.9 is']])
  })
})

describe('where it cannot be told which interface has the address, nothing is said', () => {
  const fact = 'which interface of node n2 has 192.168.0.2'

  it.each([
    ['one of a name alone', host('eth0', 'interfaceName: eth0')],
    [
      'one of a name alone beside the one for all',
      host('eth0', 'interfaceName: eth0') + host('all', "interfaceName: '*'", '{}'),
    ],
    [
      'one that states addresses of the other family only',
      host('eth0', "interfaceName: eth0, expectedIPs: ['fd00::2']"),
    ],
    ['one without a name, of the other family', host('h', "expectedIPs: ['fd00::2']")],
    [
      'two of different names that both expect it',
      host('a', 'interfaceName: eth0, expectedIPs: [192.168.0.2]') +
        host('b', 'interfaceName: eth1, expectedIPs: [192.168.0.2]', '{role: other}'),
    ],
    [
      'one that expects it, and before it by name one that may be on the same interface',
      host('a', 'interfaceName: eth0', '{role: other}') + host('b', 'expectedIPs: [192.168.0.2]'),
    ],
  ])('%s', (_, hosts) => {
    const text = hosts + atHost('{action: Allow}')
    expect(toNode(text, '192.168.0.2')).toEqual(['unknown', 'node n2', fact])
  })

  it('one that comes later by name takes nothing from one that expects the address', () => {
    const text =
      host('b', 'expectedIPs: [192.168.0.2]') + host('c', 'interfaceName: eth0', '{}') + atHost('{action: Allow}')
    expect(toNode(text, '192.168.0.2')).toEqual(['allow', 'host endpoint b'])
  })

  it('unless all that may stand there say the same', () => {
    const all = host('all', "interfaceName: '*'") + host('eth0', 'interfaceName: eth0')
    expect(toNode(all + atHost(deny), '192.168.0.2')).toEqual(['deny', 'node n2'])
  })

  it('failsafe ports and pods of the node are open whichever it is [c.12]', () => {
    const text = host('eth0', 'interfaceName: eth0') + atHost(deny)
    expect(toNode(text, '192.168.0.2', 22)).toEqual(['allow', 'node n2'])
    const own = { ...flow('shop/far', '192.168.0.2', 'tcp/8080'), destination: at('n2', '192.168.0.2') }
    expect(evaluate(own, snapshotOf(cluster + text)).verdict).toBe('allow')
  })

  it('it is the node all the same: its own pods are reached whatever policy says [c.12]', () => {
    const text = host('eth0', 'interfaceName: eth0', '{}', 'n1') + atPod("selector: 'has(nothing)'")
    expect(
      evaluate(
        { ...flow('198.51.100.9', 'shop/web', 'tcp/80'), source: at('n1', '192.168.0.1') },
        snapshotOf(cluster + text),
      ).destination?.verdict,
    ).toBe('allow')
  })
})

describe('labels of a host endpoint are those of the addresses that it expects [index]', () => {
  const peer = "namespaceSelector: 'global()', selector: \"role == 'h'\""
  const all = (expected: string) => host('n2h', `interfaceName: '*', expectedIPs: [${expected}], ${allowing}`)

  it.each([
    ['one for all interfaces', "interfaceName: '*', expectedIPs: [192.168.0.2]"],
    ['one with a name', 'interfaceName: eth0, expectedIPs: [192.168.0.2]'],
    ['one without a name', 'expectedIPs: [192.168.0.2]'],
  ])('%s is matched by its address, whether the node is named or not', (_, spec) => {
    const text = host('h', `${spec}, ${allowing}`) + atPod(peer)
    expect(fromNode(text, '192.168.0.2')).toEqual(['allow'])
    expect(evaluate(flow('192.168.0.2', 'shop/web', 'tcp/80'), snapshotOf(cluster + text)).verdict).toBe('allow')
  })

  it('an address of the node that it does not expect has none of them', () => {
    expect(fromNode(all('192.168.0.2') + atPod(peer), '203.0.113.2')).toEqual(['deny'])
    const { snapshot, question } = {
      snapshot: snapshotOf(cluster + all('192.168.0.2') + atPod(peer)),
      question: { ...flow('198.51.100.9', 'shop/web', 'tcp/80'), source: at('n2', '203.0.113.2') },
    }
    expect(printExplanation(explain(question, snapshot))).toContain('does not list its address in expectedIPs')
  })

  it('and so a negated selector matches it', () => {
    const but = "notSelector: \"role == 'h'\", namespaceSelector: 'global()'"
    const negated = `${all('192.168.0.2')}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {selector: "app == 'web'", types: [Ingress], ingress: [{action: Allow, source: {notSelector: "role == 'h'"}}]}}`
    expect(fromNode(negated, '203.0.113.2')).toEqual(['allow'])
    expect(fromNode(negated, '192.168.0.2')).toEqual(['deny'])
    expect(fromNode(all('192.168.0.2') + atPod(but), '203.0.113.2')).toEqual(['deny'])
  })

  it('one that expects no address is matched by no selector, and judged all the same', () => {
    const silent = host('n2h', "interfaceName: '*'")
    expect(fromNode(silent + atPod(peer), '192.168.0.2')).toEqual(['deny'])
    expect(toNode(silent + atHost(deny), '192.168.0.2')).toEqual(['deny', 'host endpoint n2h'])
  })

  it('which interface it is does not matter to rules of others', () => {
    const text =
      host('a', `interfaceName: eth0, expectedIPs: [192.168.0.2], ${allowing}`) +
      host('b', `interfaceName: eth1, expectedIPs: [192.168.0.2], ${allowing}`, '{role: other}') +
      atPod(peer)
    const question = { ...flow('198.51.100.9', 'shop/web', 'tcp/80'), source: at('n2', '192.168.0.2') }
    expect(evaluate(question, snapshotOf(cluster + text)).destination?.verdict).toBe('allow')
  })

  it('its named ports are those of its addresses', () => {
    const named = host(
      'n2h',
      `interfaceName: '*', expectedIPs: [192.168.0.2], ports: [{name: api, protocol: TCP, port: 9000}]`,
    )
    const out = `
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: out, namespace: shop}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: Allow, protocol: TCP, destination: {namespaceSelector: 'global()', selector: "role == 'h'", ports: [api]}}]}}`
    const egress = (address: string, port: number) =>
      evaluate(
        { ...flow('shop/web', address, `tcp/${port}`), destination: at('n2', address) },
        snapshotOf(cluster + named + out),
      ).source?.verdict
    expect([egress('192.168.0.2', 9000), egress('192.168.0.2', 9001), egress('203.0.113.2', 9000)]).toEqual([
      'allow',
      'deny',
      'deny',
    ])
  })

  it('without any address it cannot be told, unless no labels could match', () => {
    const bare = `${namespaceYaml('shop')}${podYaml('shop/web', '10.0.0.5', '{app: web}', 'nodeName: n1')}`
    const asked = (text: string) => {
      const question = { ...flow('198.51.100.9', 'shop/web', 'tcp/80'), source: { node: 'n3' } }
      const { destination } = evaluate(question, snapshotOf(bare + text))
      return [destination?.verdict, ...(destination?.missing ?? []).map((fact) => fact.text)]
    }
    expect(asked(all('192.168.0.2') + atPod(peer))).toEqual(['unknown', 'address of node n3'])
    expect(asked(host('x', 'expectedIPs: [192.168.0.2]', '{role: other}') + atPod(peer))).toEqual(['deny'])
  })
})

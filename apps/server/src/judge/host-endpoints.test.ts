// Rows of nodes that Calico's host endpoints stand for: named by interface, by address, or for all interfaces.
import { describe, expect, it } from 'vitest'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { cluster, dst, enforced, interval, now, src, verdict, webTo } from '../testing/shop-cluster.ts'

const node = (name: string, ...ips: string[]) => `
---
{apiVersion: v1, kind: Node, metadata: {name: ${name}, uid: uid-${name}}, spec: {}, status: {addresses: [${ips.map((ip) => `{type: InternalIP, address: ${ip}}`).join(', ')}]}}`
const nodes = node('n1', '10.9.0.1') + node('n2', '10.9.0.2', '172.16.0.2')
const host = (spec: string, name = 'h2') => `
---
{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: ${name}, uid: uid-${name}, labels: {role: node}}, spec: {node: n2, ${spec}}}`
const deny = `
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: h, uid: uid-h}, spec: {selector: "role == 'node'", types: [Ingress], ingress: [{action: Deny, protocol: TCP, destination: {ports: [5432]}}]}}`
const judged = (more: string) => createJudgedCluster(cluster + nodes + more, now)

const toNode = webTo('10.9.0.2', { outcome: 'unanswered' })
const droppedAtNode = {
  agent: 'n2',
  series: { ...dst, outcome: 'dropped', action: 'deny', drop_reason: 'NETFILTER_DROP' },
  rest: { source_ip: '10.244.1.2', dest_ip: '10.9.0.2', ...interval(now) },
}

describe('a node under a host endpoint', () => {
  it.each(["interfaceName: '*'", 'interfaceName: eth0, expectedIPs: [10.9.0.2]', 'expectedIPs: [10.9.0.2]'])(
    'of {%s} denies by its policy, and its drop agrees with it',
    (spec) => {
      const { row } = judged(host(spec) + deny)
      expect(row(toNode)['peer_verdict']).toBe('deny')
      const drop = row(droppedAtNode)
      expect(enforced(drop)).toEqual(['0|default|default.h|deny|0'])
      expect([drop['evidence'], drop['evidence_conflict']]).toEqual(['observed', undefined])
    },
  )

  it('of an interface whose addresses nobody states may or may not be under it: nothing is said, and the fact is named', () => {
    const { row } = judged(host('interfaceName: eth0') + deny)
    expect(row(toNode)['peer_verdict']).toBe('unknown')
    const drop = row(droppedAtNode)
    expect([enforced(drop), drop['evidence_conflict']]).toEqual([[], undefined])
    expect(drop['evidence_missing']).toEqual(['which interface of node n2 has 10.9.0.2'])
  })
})

describe('a node as a peer', () => {
  const admit = `
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: a, namespace: shop, uid: uid-a}, spec: {selector: "app == 'web'", types: [Ingress], ingress: [{action: Allow, source: {namespaceSelector: 'global()', selector: "role == 'node'"}}]}}`
  const webFrom = (ip: string) => ({
    agent: 'n1',
    series: { ...src, reporter: 'dst', direction: 'ingress', pod_uid: 'uid-web' },
    rest: { source_ip: ip, dest_ip: '10.244.1.2', ...interval(now) },
  })

  it.each(["interfaceName: '*', expectedIPs: [10.9.0.2]", 'interfaceName: eth0, expectedIPs: [10.9.0.2]'])(
    'of {%s} has its labels at the address that is expected, and at no other of its own',
    (spec) => {
      const { row } = judged(host(`${spec}, profiles: [projectcalico-default-allow]`) + admit)
      const admitted = row(webFrom('10.9.0.2'))
      expect([...verdict(admitted), admitted['evidence_conflict']]).toEqual([
        'allow',
        'evaluated',
        'evaluated',
        undefined,
      ])
      expect(enforced(admitted)).toEqual(['0|default|shop/default.a|allow|0'])
      expect(row(webFrom('172.16.0.2'))['evidence_conflict']).toContain('shop/default.a|deny|-1')
    },
  )

  it('an empty selector of a rule admits anybody, also from outside the cluster', () => {
    const { row } = judged(admit.replace(/source: .*}}\]/, "source: {selector: ''}}]"))
    const admitted = row(webFrom('203.0.113.9'))
    expect([enforced(admitted), admitted['evidence_conflict']]).toEqual([
      ['0|default|shop/default.a|allow|0'],
      undefined,
    ])
  })
})

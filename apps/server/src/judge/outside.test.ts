// Addresses outside are judged by classes, and the one seen first speaks for its class. What it becomes later must not be said
// of the others.
import { describe, expect, it } from 'vitest'
import type { Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { cluster, enforced, interval, now, pod, policy, webTo } from '../testing/shop-cluster.ts'

const failed = (ip: string, end: number): Sent => ({
  ...webTo(ip, { outcome: 'unanswered' }, interval(end)),
  epoch: `to ${ip}`,
})
const egress = (to: string) =>
  policy('out', `{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [${to}]}]}`)
const denied = ['0|default|shop/knp.default.out|deny|-1']
const allowed = ['0|default|shop/knp.default.out|allow|0']
const [first, second] = ['203.0.113.1', '198.51.100.7']

describe('the address that was seen first', () => {
  it('does not take its class along into a block that comes later', () => {
    const it = createJudgedCluster(cluster, now - 100)
    for (const ip of [first, second]) it.row(failed(ip, now))
    it.put(egress('{ipBlock: {cidr: 203.0.113.0/24}}'), now + 5)
    expect([first, second].map((ip) => enforced(it.row(failed(ip, now + 60))))).toEqual([allowed, denied])
  })
  it('does not take its class along when it becomes a pod', () => {
    const it = createJudgedCluster(`${cluster}\n---${egress('{podSelector: {}}')}`, now - 100)
    for (const ip of [first, second]) it.row(failed(ip, now))
    it.put(pod('shop/late', first, 'n2'), now + 5)
    expect([first, second].map((ip) => enforced(it.row(failed(ip, now + 60))))).toEqual([allowed, denied])
  })
  it('does not take its class along when it becomes a node', () => {
    const toNodes = `{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: out, namespace: shop, uid: uid-out}, spec: {endpointSelector: {matchLabels: {app: web}}, egress: [{toEntities: [remote-node]}]}}`
    const it = createJudgedCluster(`${cluster}\n---\n${toNodes}`, now - 100)
    for (const ip of [first, second]) it.row(failed(ip, now))
    it.put(
      `{apiVersion: v1, kind: Node, metadata: {name: n9, uid: n9}, status: {addresses: [{type: InternalIP, address: ${first}}]}}`,
      now + 5,
    )
    expect([first, second].map((ip) => it.row(failed(ip, now + 60))['action'])).toEqual(['allow', 'deny'])
  })
  it('does not take its class along when it becomes an endpoint of a service', () => {
    const toService = `{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: out, namespace: shop, uid: uid-out}, spec: {selector: "app == 'web'", types: [Egress], egress: [{action: Allow, destination: {services: {name: outer, namespace: shop}}}]}}`
    const it = createJudgedCluster(`${cluster}\n---\n${toService}`, now - 100)
    for (const ip of [first, second]) it.row(failed(ip, now))
    it.put(
      `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: outer-1, namespace: shop, uid: slice, labels: {kubernetes.io/service-name: outer}}, endpoints: [{addresses: [${first}]}], ports: [{port: 5432, protocol: TCP}]}`,
      now + 5,
    )
    expect([first, second].map((ip) => it.row(failed(ip, now + 60))['action'])).toEqual(['allow', 'deny'])
  })
})

describe('the address of a pod that is gone', () => {
  const toPods = egress('{podSelector: {matchLabels: {app: db}}}')
  const late = pod('shop/late', second, 'n2')

  it('is not outside while rows of its time may come, and whose it is by then an hour after that', () => {
    const it = createJudgedCluster(`${cluster}\n---${toPods}\n---${late}`, now - 100)
    it.remove('uid-late', now - 50)
    const missingAt = (moment: number) => {
      it.setNow(moment)
      it.trim()
      return it.row(failed(second, moment))['evidence_missing']
    }
    const itsLabels = [`labels of the pod that had ${second}`]
    expect([now + 600, now + 7_000].map(missingAt)).toEqual([itsLabels, itsLabels])
    expect(missingAt(now + 10_800)).toBeUndefined()
    expect(enforced(it.row(failed(second, now + 10_860)))).toEqual(denied)
  })
  it('is forgotten as of when it went, also where a server hears of that only when it starts', () => {
    const it = createJudgedCluster(`${cluster}\n---${toPods}\n---${late}`, now)
    it.remove('uid-late', now - 20_000)
    it.trim()
    expect(enforced(it.row(failed(second, now)))).toEqual(denied)
  })
})

// A service's own address of which no translation was seen: nodes translate before any policy sees a packet, so that policy is
// asked about whoever may have been meant, at the port that it answers on.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import type { Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import {
  cluster,
  enforced,
  interval,
  namespace,
  nobody,
  now,
  pod,
  policy,
  profile,
  src,
  verdict,
  webTo,
} from '../testing/shop-cluster.ts'

const service = `
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop, uid: uid-svc}, spec: {clusterIP: 10.96.0.10, selector: {role: db}, ports: [{name: pg, port: 5432, protocol: TCP}]}}`
const slice = (endpoints: string, port = 5432) => `
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: db-x, namespace: shop, uid: uid-slice, labels: {kubernetes.io/service-name: db}}, endpoints: [${endpoints}], ports: [{name: pg, port: ${port}, protocol: TCP}]}`
const at = (ip: string, ready = true) => `{addresses: [${ip}], conditions: {ready: ${ready}}}`
const egressTo = (to: string) =>
  policy('out', `{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [${to}]}`)
const toDb = egressTo('{to: [{podSelector: {matchLabels: {app: db}}}]}')
const closed = policy('in', nobody)
const byOut = (rule: string) => [`0|default|shop/knp.default.out|${rule}`]

/** Web and db on one node, and the service before db. */
const near = [
  `${namespace('shop')}${namespace('dev')}${pod('shop/web', '10.244.1.2', 'n1')}`,
  pod('shop/db', '10.244.1.4', 'n1'),
  service,
  slice(at('10.244.1.4')),
]
const open = (...documents: readonly string[]) => createJudgedCluster(documents.join('\n---'), now - 100)
const dialled = (more: Row = {}, rest: Row = interval(now)): Sent => ({
  ...webTo('10.96.0.10', { outcome: 'unanswered', ...more }, rest),
  epoch: JSON.stringify([more, rest]),
})
const dropped = { action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' }
const told = (row: Row) => [...verdict(row), enforced(row), row['peer_verdict'], row['evidence_conflict']]

describe('a service that was dialled without a translation seen', () => {
  it.each(['unanswered', 'refused'])('is judged as its pod that was dialled, %s', (outcome) => {
    const { row } = open(...near, toDb, closed)
    expect(told(row(dialled({ outcome })))).toEqual([
      'allow',
      'evaluated',
      'evaluated',
      byOut('allow|0'),
      'deny',
      undefined,
    ])
    expect(told(row(dialled({ outcome })))).toEqual(told(row(webTo('10.244.1.4', { outcome }))))
  })
  it('and was dropped on its node was denied where the drop of its pod would be', () => {
    const { row } = open(...near, toDb, closed)
    const seen = row(dialled(dropped))
    expect(told(seen)).toEqual(told(row(webTo('10.244.1.4', dropped))))
    expect(told(seen)).toEqual(['allow', 'evaluated', 'evaluated', byOut('allow|0'), 'deny', undefined])
  })
  it('is one denial, by the policy that denies, with the drop that its node saw', () => {
    const { row, judge } = open(...near, toDb, closed)
    row(dialled())
    row({
      agent: 'n1',
      series: { ...src, reporter: 'fwd', direction: 'unknown', ...dropped },
      rest: { source_ip: '10.244.1.2', dest_ip: '10.244.1.4', ...interval(now) },
    })
    const judgements = [...judge.takeCounts().values()].flatMap((counted) => [...counted.keys()])
    const denials = judgements.flatMap(({ credits }) => credits).filter(({ action }) => action === 'deny')
    expect(denials.map(({ name }) => name)).toEqual(['in'])
  })
  it('is no conflict where it answered', () => {
    const { row } = open(...near, toDb)
    expect(told(row(dialled({ outcome: 'established' })))).toEqual([
      'allow',
      'evaluated',
      'evaluated',
      byOut('allow|0'),
      'allow',
      undefined,
    ])
  })
  it('is judged at the port that its pods answer on', () => {
    const to = (port: number) => egressTo(`{ports: [{port: ${port}, protocol: TCP}]}`)
    const base = [...near.slice(0, 3), slice(at('10.244.1.4'), 6432)]
    expect(enforced(open(...base, to(6432)).row(dialled()))).toEqual(byOut('allow|0'))
    expect(enforced(open(...base, to(5432)).row(dialled()))).toEqual(byOut('deny|-1'))
  })
  it('is not what a rule for its address says, nor one for its name', () => {
    const byAddress = egressTo('{to: [{ipBlock: {cidr: 10.96.0.0/16}}]}')
    expect(enforced(open(...near, byAddress).row(dialled()))).toEqual(byOut('deny|-1'))
    const byName = `
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: out, namespace: shop, uid: uid-out}, spec: {endpointSelector: {matchLabels: {app: web}}, egress: [{toFQDNs: [{matchName: db.example}]}]}}`
    const called = dialled({}, { ...interval(now), dest_domains: ['db.example'] })
    expect(open(...near, byName).row(called)['action']).toBe('deny')
  })
  it('is judged again once other pods stand behind it, and as of then an hour later', () => {
    const it = open(...near, pod('shop/other', '10.244.1.5', 'n1'), toDb)
    expect(enforced(it.row(dialled()))).toEqual(byOut('allow|0'))
    it.put(slice(at('10.244.1.5')), now + 50)
    expect(enforced(it.row(dialled({}, interval(now + 100))))).toEqual(byOut('deny|-1'))
    it.setNow(now + 3600)
    expect(enforced(it.row(dialled({}, interval(now + 30))))).toEqual(byOut('allow|0'))
  })
})

describe('a service of several pods', () => {
  const two = [
    cluster,
    pod('shop/other', '10.244.2.5', 'n2'),
    service,
    slice(`${at('10.244.2.2')}, ${at('10.244.2.5')}`),
  ]

  it('is judged where policies say the same of all of them', () => {
    expect(told(open(...two).row(dialled()))).toEqual([
      'allow',
      'evaluated',
      'evaluated',
      [profile],
      'allow',
      undefined,
    ])
    const none = egressTo('{to: [{podSelector: {matchLabels: {app: none}}}]}')
    expect(told(open(...two, none).row(dialled()))).toEqual([
      'deny',
      'evaluated',
      'evaluated',
      byOut('deny|-1'),
      'allow',
      undefined,
    ])
  })
  it('and was not asked which, where policies say one thing of one and another of the other', () => {
    const seen = open(...two, toDb).row(dialled())
    expect([...verdict(seen), enforced(seen), seen['evidence_missing']]).toEqual([
      'allow',
      'unknown',
      undefined,
      [],
      ['which endpoint of shop/db'],
    ])
  })
  it('has a peer of which it cannot be told whether it denied', () => {
    expect(open(...two, toDb.replace('app: db', 'app: web'), closed).row(dialled())['peer_verdict']).toBe('unknown')
    const seen = open(...two, closed).row(dialled())
    expect([...verdict(seen), seen['peer_verdict']]).toEqual(['allow', 'evaluated', 'evaluated', 'unknown'])
  })
  it('and was dropped on the source’s node may have been denied at an end on that node', () => {
    const onBoth = [
      cluster,
      pod('shop/other', '10.244.1.5', 'n1'),
      ...two.slice(2, 3),
      slice(`${at('10.244.2.2')}, ${at('10.244.1.5')}`),
    ]
    const all = policy('in', '{podSelector: {matchExpressions: [{key: app, operator: In, values: [db, other]}]}}')
    expect(told(open(...onBoth, all).row(dialled(dropped)))).toEqual([
      'allow',
      'evaluated',
      'evaluated',
      [profile],
      'deny',
      undefined,
    ])
  })
  it('is admitted by one rule or another without a word of which', () => {
    const each = egressTo(
      '{to: [{podSelector: {matchLabels: {app: db}}}]}, {to: [{podSelector: {matchLabels: {app: other}}}]}',
    )
    expect(told(open(...two, each).row(dialled()))).toEqual(['allow', 'evaluated', 'evaluated', [], 'allow', undefined])
  })
  it('is only those that take traffic', () => {
    const [base, other, dialledService] = two as [string, string, string, string]
    const oneReady = slice(`${at('10.244.2.2')}, ${at('10.244.2.5', false)}`)
    expect(enforced(open(base, other, dialledService, oneReady, toDb).row(dialled()))).toEqual(byOut('allow|0'))
  })
  it('is only those of the node, where nodes send to their own alone', () => {
    const local = service.replace('{clusterIP:', '{internalTrafficPolicy: Local, clusterIP:')
    const [base, , , slices] = two as [string, string, string, string]
    const onNode = open(
      base,
      pod('shop/other', '10.244.1.5', 'n1'),
      local,
      slices.replace('10.244.2.5', '10.244.1.5'),
      toDb,
    )
    expect(enforced(onNode.row(dialled()))).toEqual(byOut('deny|-1'))
  })
  it('is asked about once for pods that are alike, however many they are', () => {
    const many = Array.from({ length: 80 }, (_, index) => ({ ip: `10.244.3.${index}`, index }))
    const pods = many.map(({ ip, index }) =>
      pod(`shop/db-${index}`, ip, 'n3')
        .replace(`labels: {app: db-${index}}`, 'labels: {app: db}')
        .replace(', uid:', ', generateName: db-, uid:'),
    )
    const it = open(cluster, ...pods, service, slice(many.map(({ ip }) => at(ip)).join()), toDb)
    expect(enforced(it.row(dialled()))).toEqual(byOut('allow|0'))
  })
  it('of which there are too many unlike each other is told by what is said of anybody', () => {
    const many = Array.from({ length: 70 }, (_, index) => ({ ip: `10.244.3.${index}`, index }))
    const pods = many.map(({ ip, index }) => pod(`shop/db-${index}`, ip, 'n3'))
    const documents = [cluster, ...pods, service, slice(many.map(({ ip }) => at(ip)).join())]
    expect(open(...documents, toDb).row(dialled())['evidence']).toBe('unknown')
    expect(verdict(open(...documents).row(dialled()))).toEqual(['allow', 'evaluated', 'evaluated'])
    expect(enforced(open(...documents, egressTo('')).row(dialled()))).toEqual(byOut('deny|-1'))
  })
})

describe('a service of which nobody knows who stands behind it', () => {
  it('is unknown where that matters', () => {
    const seen = open(...near.slice(0, 3), toDb).row(dialled())
    expect([...verdict(seen), enforced(seen)]).toEqual(['allow', 'unknown', undefined, []])
    expect(seen['evidence_missing']).toContain('labels of an endpoint of shop/db')
  })
  it('is the address that was dialled where nobody does: no node translates it', () => {
    const none = [...near.slice(0, 3), slice('')]
    expect(enforced(open(...none, toDb).row(dialled()))).toEqual(byOut('deny|-1'))
  })
})

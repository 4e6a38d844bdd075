// A service behind which nobody stands: its node refuses in its name, which is nobody's policy.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import type { Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { cluster, enforced, interval, now, pending, policy, verdict, webTo } from '../testing/shop-cluster.ts'

const service = `{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop, uid: svc}, spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ports: [{name: sql, port: 5432, protocol: TCP}]}}`
const slice = (endpoints: string, name = 'sql') =>
  `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: db-1, namespace: shop, uid: slice, labels: {kubernetes.io/service-name: db}}, endpoints: ${endpoints}, ports: [{name: ${name}, port: 5432, protocol: TCP}]}`
const unbacked = `${cluster}\n---\n${service}\n---\n${slice('[]')}`
const ready = '[{addresses: [10.244.2.2]}]'

const refused = { action: 'deny', outcome: 'refused', drop_reason: 'NETFILTER_DROP' }
const toService = (more: Row = {}, rest: Row = {}): Sent => ({
  ...webTo('10.96.0.9', { ...refused, ...more }, { ...interval(now), ...rest }),
  epoch: JSON.stringify([more, rest]),
})
const isAPolicys = (row: Row) => row['action'] === 'deny'

describe('a connection to a service without endpoints', () => {
  it('is refused, by nobody’s policy, and says why', () => {
    const { row, judge } = createJudgedCluster(unbacked, now - 100)
    const seen = row(toService())
    expect(seen).toMatchObject({
      outcome: 'refused',
      drop_reason: 'SERVICE_WITHOUT_ENDPOINTS',
      dest_service_name: 'db',
    })
    expect(verdict(seen)).toEqual(['allow', 'observed', 'drop'])
    expect([enforced(seen), pending(seen), seen['evidence_conflict']]).toEqual([[], [], undefined])
    const counted = [...judge.takeCounts().values()].flatMap((judgements) => [...judgements.keys()])
    expect(counted.flatMap(({ credits }) => credits)).toEqual([])
  })
  it.each(['dropped', 'unanswered'])('is told so where its socket was %s', (outcome) => {
    const { row } = createJudgedCluster(unbacked, now - 100)
    expect(row(toService({ outcome }))['outcome']).toBe('refused')
  })
  it('is told so under policies that would deny what they are not asked about', () => {
    const { row } = createJudgedCluster(
      `${unbacked}\n---${policy('out', '{podSelector: {}, policyTypes: [Egress]}')}`,
      now - 100,
    )
    expect(verdict(row(toService()))).toEqual(['allow', 'observed', 'drop'])
  })
  it.each([
    ['endpoints that are not ready', slice('[{addresses: [10.244.2.2], conditions: {ready: false}}]')],
    ['endpoints of another port', slice(ready, 'metrics')],
  ])('is told so where there are only %s', (_, yaml) => {
    const it = createJudgedCluster(unbacked, now - 100)
    it.put(yaml, now - 50)
    expect(isAPolicys(it.row(toService()))).toBe(false)
  })
  it('is told so when its endpoints came, or went, within the interval, and as of then an hour later', () => {
    const it = createJudgedCluster(unbacked, now - 100)
    it.put(slice(ready), now - 5)
    expect(isAPolicys(it.row(toService()))).toBe(false)
    it.put(slice('[]'), now + 25)
    it.setNow(now + 3600)
    expect(isAPolicys(it.row(toService({}, interval(now + 30))))).toBe(false)
    expect(isAPolicys(it.row(toService({}, interval(now + 20))))).toBe(true)
  })
})

describe('a drop at a service address whose slices are not known', () => {
  const selecting = service.replace('{clusterIP:', '{selector: {app: db}, clusterIP:')
  const ofOther = slice('[]').replace('service-name: db', 'service-name: other')
  it.each([
    ['a denial where no slice is', service, '', true],
    ['a denial where a service that selects pods has none', selecting, ofOther, true],
    ['for want of endpoints where a service that selects pods has an empty one', selecting, slice('[]'), false],
    ['for want of endpoints where one that selects none has none', service, ofOther, false],
  ])('is %s', (_, object, slices, expected) => {
    const documents = [cluster, object, slices].filter((text) => text !== '')
    const { row } = createJudgedCluster(documents.join('\n---\n'), now - 100)
    expect(isAPolicys(row(toService()))).toBe(expected)
  })
  it('is for want of endpoints when the service and its slices went after it', () => {
    const it = createJudgedCluster(`${cluster}\n---\n${selecting}\n---\n${slice('[]')}`, now - 100)
    it.remove('slice', now + 1)
    it.remove('svc', now + 1)
    it.setNow(now + 3600)
    expect(isAPolicys(it.row(toService()))).toBe(false)
  })
})

describe('a drop that is not for want of endpoints', () => {
  it.each([
    ['endpoints stand behind the service', slice(ready), toService()],
    [
      'endpoints still serve while they end',
      slice('[{addresses: [10.244.2.2], conditions: {ready: false, serving: true, terminating: true}}]'),
      toService(),
    ],
    ['a rule said that it was a policy', slice('[]'), toService({ marks: ['nflog|2|DPE|default'] })],
    [
      'the address was translated',
      slice('[]'),
      toService({}, { dest_ip: '10.96.0.9', dialled_ip: '10.96.0.77', dialled_port: 5432 }),
    ],
    ['no service has the port', slice('[]'), toService({ dest_port: 80 })],
  ])('is a denial: %s', (_, yaml, sent) => {
    const it = createJudgedCluster(unbacked, now - 100)
    it.put(yaml, now - 50)
    expect(isAPolicys(it.row(sent))).toBe(true)
  })
})

describe('a service of which nodes send to their own endpoints alone', () => {
  const local = service.replace('{clusterIP:', '{internalTrafficPolicy: Local, clusterIP:')
  const onNode = (name: string) => slice(`[{addresses: [10.244.2.2], nodeName: ${name}}]`)

  it('is dropped on a node without, by nobody’s policy, and says why', () => {
    const { row } = createJudgedCluster([cluster, local, onNode('n2')].join('\n---\n'), now - 100)
    const seen = row(toService({ outcome: 'dropped' }))
    expect(verdict(seen)).toEqual(['allow', 'observed', 'drop'])
    expect([seen['outcome'], seen['drop_reason'], enforced(seen)]).toEqual([
      'dropped',
      'SERVICE_WITHOUT_LOCAL_ENDPOINTS',
      [],
    ])
  })
  it('is denied by a policy where one stands on the node', () => {
    const { row } = createJudgedCluster([cluster, local, onNode('n1')].join('\n---\n'), now - 100)
    expect(isAPolicys(row(toService()))).toBe(true)
  })
})

it('a node port without endpoints is refused by nobody’s policy', () => {
  const nodes =
    '{apiVersion: v1, kind: Node, metadata: {name: n1, uid: n1}, status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}}'
  const published = service.replace('port: 5432', 'port: 5432, nodePort: 30432')
  const { row } = createJudgedCluster([cluster, nodes, published, slice('[]')].join('\n---\n'), now - 100)
  const seen = row({ ...webTo('10.9.0.1', { ...refused, dest_port: 30_432 }) })
  expect([...verdict(seen), seen['drop_reason']]).toEqual(['allow', 'observed', 'drop', 'SERVICE_WITHOUT_ENDPOINTS'])
})

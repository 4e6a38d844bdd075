// A service's own address, asked about: explain and both ends ask policies about whoever stands behind it, and nobody says of
// it that it left the cluster.
import type { Row } from '@margay/model'
import { flowLog, printExemplar, writeRow } from '@margay/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'

const now = 1_793_000_000
const at = now - 600

const pod = (namespace: string, name: string, ip: string, app: string) =>
  `{ apiVersion: v1, kind: Pod, metadata: { namespace: ${namespace}, name: ${name}-1, generateName: ${name}-, labels: { app: ${app} } }, spec: { nodeName: n1 }, status: { podIP: ${ip} } }`
const service = (name: string, ip: string, more = '') =>
  `{ apiVersion: v1, kind: Service, metadata: { namespace: pay, name: ${name} }, spec: { clusterIP: ${ip}, selector: { any: thing }, ports: [{ port: 80, protocol: TCP }]${more} } }`
const slice = (name: string, ips: string) =>
  `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: { name: ${name}-x, namespace: pay, labels: { kubernetes.io/service-name: ${name} } }, endpoints: [${ips}], ports: [{ port: 8080, protocol: TCP }] }`
const closed = (name: string, app: string) =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: pay, name: ${name} }, spec: { podSelector: { matchLabels: { app: ${app} } }, policyTypes: [Ingress] } }`
const objects = [
  '{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }',
  '{ apiVersion: v1, kind: Namespace, metadata: { name: pay } }',
  pod('shop', 'a', '10.77.0.1', 'a'),
  pod('pay', 'b', '10.77.0.2', 'shut'),
  pod('pay', 'c', '10.77.0.3', 'shut'),
  pod('pay', 'd', '10.77.0.4', 'open'),
  pod('pay', 'e', '10.77.0.5', 'shut-too'),
  service('shut', '10.96.0.9', ', externalIPs: [203.0.113.9]'),
  slice('shut', '{ addresses: [10.77.0.2] }, { addresses: [10.77.0.3] }'),
  service('mixed', '10.96.0.10'),
  slice('mixed', '{ addresses: [10.77.0.3] }, { addresses: [10.77.0.4] }'),
  service('both', '10.96.0.11'),
  slice('both', '{ addresses: [10.77.0.3] }, { addresses: [10.77.0.5] }'),
  service('open', '10.96.0.12'),
  slice('open', '{ addresses: [10.77.0.4] }'),
  service('unread', '10.96.0.13'),
  closed('closed', 'shut'),
  closed('closed-too', 'shut-too'),
].join('\n---\n')

const dialled = (name: string, ip: string, change: Row = {}): Row => ({
  start_time: at,
  end_time: at + 10,
  cluster: 'test',
  host: 'n1',
  reporter: 'src',
  action: 'allow',
  outcome: 'unanswered',
  proto: 'tcp',
  source_ip: '10.77.0.1',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'a-1',
  dest_ip: ip,
  dest_type: 'net',
  dest_namespace: '-',
  dest_name: '-',
  dest_name_aggr: 'pvt',
  dest_service_name: name,
  dest_service_namespace: 'pay',
  dest_port: 80,
  num_exemplars: 1,
  exemplars: [
    printExemplar({
      startMs: at * 1000 + 250,
      went: 'unanswered',
      proto: 'tcp',
      source: { ip: '10.77.0.1', port: 3 },
      dest: { ip, port: 80 },
      syns: 4,
    }),
  ],
  ...change,
})

let api: TestApi
beforeAll(async () => {
  const reporters = async (of: readonly { readonly ip: string }[]) =>
    of.map(({ ip }) =>
      ip.startsWith('10.77.') ? { host: 'n1', state: 'reports' as const } : { state: 'none' as const },
    )
  api = await openTestApi({ now, deps: { ends: { reporters } } })
  api.objects.apply(objects, at - 3600)
})
afterAll(() => api?.close())

const endsOf = async (row: Row) => {
  const { connections } = await api.post('ends', { record: writeRow(flowLog, row) })
  return connections[0]!
}
const explain = (row: Row) => api.post('policyExplain', { record: writeRow(flowLog, row) })

describe('both ends of a service that was dialled', () => {
  it('say which policy denies all of its endpoints', async () => {
    const found = await endsOf(dialled('shut', '10.96.0.9'))
    expect(found).toMatchObject({
      fate: 'denied',
      sure: false,
      dest: { name: 'service pay/shut', ip: '10.96.0.9' },
      decided: { where: 'destination', by: 'policy', policy: '0|default|pay/knp.default.closed|deny|-1' },
    })
    expect(found.sentence).toBe(
      'No answer came; by the policies of that moment it is denied on arrival at service pay/shut by the end of tier default: policy pay/closed isolates, and no rule of it matches; to admit it, add an ingress rule in pay/closed: allow tcp from namespace = shop and app = a to port 8080.',
    )
  })
  it.each([
    ['some of its endpoints are denied', dialled('mixed', '10.96.0.10')],
    ['policies are not the cause', dialled('open', '10.96.0.12')],
    ['nobody knows who they are', dialled('unread', '10.96.0.13')],
  ])('never say that it left the cluster, where %s', async (_, row) => {
    const found = await endsOf(row)
    expect([found.fate, found.sure]).toEqual(['cannot_tell', false])
    expect(found.sentence).toMatch(
      /^Left shop\/a-1 on n1, nothing came back; what happened beyond n1 cannot be told: no record of an endpoint of service pay\/\w+ was found\.$/,
    )
  })
  it('name no policy where one of several denies', async () => {
    const found = await endsOf(dialled('both', '10.96.0.11'))
    expect(found).toMatchObject({ fate: 'denied', decided: { where: 'destination', by: 'policy' } })
    expect(found.decided.policy).toBeUndefined()
    expect(found.sentence).toBe(
      'No answer came; by the policies of that moment it is denied on arrival at service pay/both.',
    )
  })
  it('still say that it left, where it was translated to somebody outside', async () => {
    const exemplars = [
      printExemplar({
        startMs: at * 1000 + 250,
        went: 'unanswered',
        proto: 'tcp',
        source: { ip: '10.77.0.1', port: 4 },
        dest: { ip: '198.51.100.4', port: 80 },
        dialled: { ip: '10.96.0.12', port: 80 },
      }),
    ]
    const found = await endsOf(dialled('open', '198.51.100.4', { exemplars, dest_name_aggr: 'pub' }))
    expect(found.sentence).toBe('Left the cluster for 198.51.100.4:80, no answer; policy is not the cause.')
  })
})

describe('explain, of a service’s own address', () => {
  it.each(['10.96.0.9', '203.0.113.9'])('judges its endpoints where policies say the same of all: %s', async (ip) => {
    const answer = await explain(dialled('shut', ip))
    expect([answer.verdict, answer.port, answer.destination.pod]).toEqual(['deny', 8080, 'pay/b-1'])
    expect(answer.notes).toContain(
      `${ip}:80 is service pay/shut; judged as pay/b-1, one of 2 endpoints of which policies say the same`,
    )
  })
  it('cannot tell which endpoint it was, where that matters', async () => {
    const answer = await explain(dialled('mixed', '10.96.0.10'))
    expect([answer.verdict, answer.evidence]).toEqual(['unknown', 'unknown'])
    expect(answer.missing).toEqual([{ kind: 'endpoint', text: 'which endpoint of pay/mixed' }])
    expect(answer.headline).toBe('shop/a-1 to service pay/mixed at 10.96.0.10, tcp port 80: cannot tell')
    expect(answer.directions.map(({ direction, verdict }) => [direction, verdict])).toEqual([
      ['egress', 'allow'],
      ['ingress', 'unknown'],
    ])
  })
  it('says that one policy or another denies, where each endpoint has its own', async () => {
    const answer = await explain(dialled('both', '10.96.0.11'))
    expect([answer.verdict, answer.directions[1]!.trace]).toEqual(['deny', []])
    expect(answer.directions[1]!.sentence).toBe(
      'ingress to an endpoint of pay/both is denied, by one rule or another as the endpoint is',
    )
  })
  it('is the same where the address is asked about', async () => {
    const asked = await api.post('policyExplain', { source: 'shop/a-1', destination: '10.96.0.9', port: 80 })
    expect([asked.verdict, asked.destination.pod]).toEqual(['deny', 'pay/b-1'])
    const other = { source: 'shop/a-1', destination: '10.96.0.9', port: 81 }
    expect((await api.refused('policyExplain', { body: other })).detail).toBe(
      'no tcp port 81 at 10.96.0.9, service pay/shut',
    )
  })
})

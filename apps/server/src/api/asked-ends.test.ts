// Ends as people write them: what each is taken for, and what is refused because nothing was ever called so.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PolicyExplainRequest } from '@margay/wire'
import { rowOfVersion } from '../objects/object-row.ts'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'

const now = 1_793_000_000

const owned = (kind: string, name: string) =>
  `ownerReferences: [{ apiVersion: apps/v1, kind: ${kind}, name: ${name}, controller: true }]`
const pod = (name: string, ip: string, app: string, more = '') =>
  `{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: ${name}, labels: { app: ${app} }${more && `, ${more}`} }, spec: { nodeName: n1 }, status: { podIP: ${ip} } }`
const service = (name: string, ip: string, more = '') =>
  `{ apiVersion: v1, kind: Service, metadata: { namespace: shop, name: ${name} }, spec: { clusterIP: ${ip}, selector: { app: ${name} }, ports: [{ name: web, port: 80, protocol: TCP }]${more} } }`
const slice = (name: string, ips: readonly string[]) =>
  `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: { name: ${name}-x, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }, endpoints: [${ips.map((ip) => `{ addresses: [${ip}] }`).join(', ')}], ports: [{ name: web, port: 8080, protocol: TCP }] }`

const objects = [
  '{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }',
  '{ apiVersion: v1, kind: Node, metadata: { name: n1.example.test }, status: { addresses: [{ type: InternalIP, address: 10.9.0.1 }] } }',
  '{ apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: { name: n2-eth0 }, spec: { node: n2, interfaceName: eth0, expectedIPs: [10.9.0.2] } }',
  pod('caller', '10.77.0.1', 'caller'),
  pod('db-0', '10.77.0.2', 'db', owned('StatefulSet', 'db')),
  pod('db-1', '10.77.0.3', 'db', owned('StatefulSet', 'db')),
  pod('one-0', '10.77.0.4', 'one', owned('StatefulSet', 'one')),
  pod('free', '10.77.0.5', 'free'),
  service('db', '10.96.0.2', ', externalIPs: [203.0.113.7]'),
  slice('db', ['10.77.0.2', '10.77.0.3']),
  service('mixed', '10.96.0.3'),
  slice('mixed', ['10.77.0.2', '10.77.0.5']),
  service('empty', '10.96.0.4'),
  slice('empty', []),
  '{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: shop, name: db }, spec: { podSelector: { matchLabels: { app: db } } } }',
  "{ apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: { namespace: shop, name: out }, spec: { selector: app == 'one', types: [Egress], egress: [{ action: Allow, destination: { nets: [198.51.100.0/24] } }] } }",
].join('\n---\n')

let api: TestApi

beforeAll(async () => {
  api = await openTestApi({ now })
  api.objects.apply(objects, now - 7200)
  const document = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'gone' } }
  const object = { uid: 'g', apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'gone', labels: {}, document }
  const version = { object, origin: 'kubernetes', change: 'deleted', time: now - 9000, sequence: 1 } as const
  await api.store('objects', [rowOfVersion(version, 'test')])
  const flow = {
    start_time: now - 100,
    end_time: now - 90,
    action: 'allow',
    reporter: 'src',
    proto: 'tcp',
    dest_port: 443,
  }
  const outside = (domain: string, ip: string) => ({
    ...flow,
    cluster: 'test',
    source_type: 'wep',
    dest_type: 'net',
    dest_ip: ip,
    dest_domains: [domain],
  })
  await api.ingest([
    outside('api.example.test', '198.51.100.1'),
    outside('api.example.test', '198.51.100.2'),
    outside('split.example.test', '198.51.100.3'),
    outside('split.example.test', '192.0.2.3'),
  ])
})

afterAll(() => api.close())

const explain = (source: string, destination: string, port: number | string = 80, more = {}) =>
  api.post('policyExplain', { source, destination, port, ...more })

describe('a service’s address', () => {
  it.each([
    ['by address', '10.96.0.2', '10.96.0.2'],
    ['by external address', '203.0.113.7', '203.0.113.7'],
    ['by name', 'svc/shop/db', '10.96.0.2'],
  ])('is its endpoints, %s, at the port that they answer on', async (_, destination, ip) => {
    const answer = await explain('shop/caller', destination)
    expect([answer.verdict, answer.port, answer.destination.pod]).toEqual(['deny', 8080, 'shop/db-0'])
    expect(answer.notes).toEqual([
      `${ip}:80 is service shop/db; judged as shop/db-0, one of 2 endpoints of which policies say the same`,
    ])
    expect(answer.text).not.toMatch(/10\.96\.0\.2|outside/)
  })

  it('goes by the service’s own name of its port', async () =>
    expect((await explain('shop/caller', '10.96.0.2', 'web')).port).toBe(8080))

  it('behind which policies differ cannot be told, and it is said who is allowed and who denied', async () => {
    const answer = await explain('shop/caller', 'shop/mixed')
    expect(answer.verdict).toBe('unknown')
    expect(answer.headline).toBe('shop/caller to service shop/mixed at 10.96.0.3, tcp port 80: cannot tell')
    expect(answer.notes).toEqual(['10.96.0.3:80 is service shop/mixed; allowed at shop/free, denied at shop/db-0'])
    expect(answer.directions.flatMap(({ fix }) => fix ?? [])).toEqual([])
  })

  it('behind which nobody stands is said to be refused before any policy', async () => {
    const answer = await explain('shop/caller', '10.96.0.4')
    expect([answer.verdict, answer.notes]).toEqual([
      'unknown',
      ['service shop/empty has no endpoints: whoever dials it is refused before any policy is asked'],
    ])
  })

  it('takes no other ports', async () =>
    expect(
      await api.refused('policyExplain', { body: { source: 'shop/caller', destination: '10.96.0.2', port: 81 } }),
    ).toMatchObject({
      detail: 'no tcp port 81 at 10.96.0.2, service shop/db',
      hint: 'it has web (80)',
    }))
})

describe('a workload to itself', () => {
  it.each([
    ['shop/db', 'shop/db', ['shop/db-0', 'shop/db-1']],
    ['shop/db-0', 'shop/db', ['shop/db-0', 'shop/db-1']],
    ['shop/db', '10.77.0.2', ['shop/db-1', undefined]],
  ])('%s to %s is one pod to another', async (source, destination, pods) => {
    const answer = await explain(source, destination)
    expect([answer.source.pod, answer.destination.pod]).toEqual(pods)
    expect(answer.verdict).toBe('deny')
    expect(answer.notes.at(-1)).toMatch(/^shop\/db is a StatefulSet of 2 pods; judged as db-/)
  })

  it('of one pod reaches itself', async () => {
    const answer = await explain('shop/one', 'shop/one')
    expect([answer.verdict, answer.text]).toEqual(['allow', expect.stringContaining('a pod always reaches itself')])
  })
})

describe('other names', () => {
  it.each([
    ['n1.example.test', 'node n1.example.test'],
    ['n2-eth0', 'n2-eth0'],
  ])('%s is a node or host endpoint', async (name, words) => {
    expect((await explain('shop/caller', name)).destination.words).toBe(words)
    expect((await explain(name, 'shop/caller')).source.words).toBe(words)
  })

  it('a domain name is every address at which it was seen', async () => {
    const same = await explain('shop/one-0', 'api.example.test', 443)
    expect([same.verdict, same.destination.domains]).toEqual(['allow', ['api.example.test']])
    expect(same.notes).toEqual([
      expect.stringMatching(/^in the hour before, api.example.test was seen at 198.*2 addresses/),
    ])
    const split = await explain('shop/one-0', 'split.example.test', 443)
    expect(split.verdict).toBe('unknown')
    expect(split.notes).toEqual([expect.stringContaining('allowed at 198.51.100.3, denied at 192.0.2.3')])
  })

  it('a domain name that nobody asked for cannot be told', async () => {
    const answer = await explain('shop/one-0', 'www.example.test', 443)
    expect(answer.verdict).toBe('unknown')
    expect(answer.notes).toEqual([
      'no flow to www.example.test was seen in the hour before, so its addresses are not known',
    ])
  })
})

describe('a name', () => {
  const refused = async (body: PolicyExplainRequest) => {
    const { status, detail, hint } = await api.refused('policyExplain', { body })
    return [status, detail, hint]
  }

  it('that nothing ever had is refused, with names near it', async () => {
    const asked = { destination: 'shop/caller', port: 80 }
    expect(await refused({ ...asked, source: 'shop/bd' })).toEqual([
      404,
      'source "shop/bd": no pod, workload or service of that name is known',
      'near it: shop/db',
    ])
    expect(await refused({ source: 'shop/caller', destination: 'svc/shop/mix', port: 80 })).toEqual([
      404,
      'destination "svc/shop/mix": no service of that name is known',
      'near it: shop/mixed',
    ])
  })

  it('that a pod had once is judged by what is known of it', async () => {
    const answer = await explain('shop/gone', 'shop/db-0')
    expect(answer.notes).toEqual(['no pod and no workload shop/gone is known of that moment'])
    expect(answer.verdict).not.toBe('allow')
  })

  it('is not called misspelt where pods were never read', async () => {
    const blind = await openTestApi({
      now,
      deps: { unseen: () => [{ kind: 'Pod', group: '', what: 'pods', why: 'not read' }] as never },
    })
    blind.objects.apply(objects, now - 7200)
    const answer = await blind.post('policyExplain', { source: 'shop/nix', destination: 'shop/caller', port: 80 })
    await blind.close()
    expect(answer.verdict).toBe('unknown')
  })
})

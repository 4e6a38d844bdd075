// What the ribbon is told: changes that mean something, in a phrase each, numbered in the order of time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ObjectsUnread } from '../objects/index.ts'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'
import { gapsOf } from './changes/agent-gaps.ts'

const now = 1_793_000_600
const t0 = now - 3600

const policy = (generation: number, app: string, more = '') => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db, generation: ${generation} }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: ${app} } } }] }${more}] }
`
const deployment = (generation: number, image: string, replicas = 2) => `
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: web, generation: ${generation} }
spec: { replicas: ${replicas}, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: '${image}' }] } } }
`
const pod = (hash: string, name: string) => `
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: web-${hash}-${name}, labels: { pod-template-hash: ${hash} }, ownerReferences: [{ kind: ReplicaSet, name: web-${hash}, controller: true }] }
status: { podIP: 10.0.0.1 }
`
const node = (ready: string, spec = '{}') =>
  `{ apiVersion: v1, kind: Node, metadata: { name: n1 }, spec: ${spec}, status: { conditions: [{ type: Ready, status: '${ready}' }] } }`

const flow = (time: number) => ({
  start_time: time,
  end_time: time + 10,
  action: 'allow',
  reporter: 'src',
  host: 'n1',
  origin: 'agent',
  proto: 'tcp',
  source_type: 'wep',
  dest_type: 'wep',
  num_flows: 1,
})

let api: TestApi

beforeAll(async () => {
  api = await openTestApi({ now })
  const { objects } = api
  objects.apply([policy(1, 'web'), deployment(1, 'web:1'), pod('aa', 'x'), node('True')].join('---\n'), t0 - 100)
  objects.apply(policy(2, 'api'), t0 + 100)
  objects.apply(policy(3, 'api').replace('generation: 3', 'generation: 3, labels: { a: b }'), t0 + 150)
  objects.apply(deployment(2, 'web:2'), t0 + 200)
  objects.apply(pod('bb', 'y'), t0 + 210)
  objects.remove('Pod', 'web-aa-x', t0 + 230)
  objects.apply(deployment(3, 'web:2', 5), t0 + 400)
  objects.apply(node('Unknown'), t0 + 500)
  objects.apply(node('True'), t0 + 600)
  objects.apply(
    '{ apiVersion: projectcalico.org/v3, kind: StagedNetworkPolicy, metadata: { namespace: ops, name: close }, spec: { selector: all(), ingress: [{ action: Deny }] } }',
    t0 + 700,
  )
  objects.remove('StagedNetworkPolicy', 'close', t0 + 800)
  await api.ingest([0, 60, 120, 600, 660].map((second) => flow(t0 + 1000 + second)))
})

afterAll(() => api.close())

const changes = (more: object = {}) => api.get('changes', { from: t0, to: now, ...more })

describe('GET /changes', () => {
  it('tells of policies, rollouts, nodes and agents, numbered in the order of time', async () => {
    const { changes: found, total, unknown } = await changes()
    expect(found.map(({ number, time, kind, phrase }) => [number, time - t0, kind, phrase])).toEqual([
      [
        1,
        100,
        'policy',
        'policy shop/db: ingress rule added: allow from namespace = shop and app = api, and 1 more difference',
      ],
      [2, 200, 'rollout', 'rollout of shop/web: image web:2 instead of web:1'],
      [3, 400, 'rollout', 'shop/web scaled from 2 to 5'],
      [4, 500, 'node', 'node n1 is not ready'],
      [5, 600, 'node', 'node n1 is ready again'],
      [6, 700, 'policy', 'staged policy ops/close created'],
      [7, 800, 'policy', 'staged policy ops/close deleted'],
      [8, 1180, 'agent', 'the agent of n1 says nothing'],
      [9, 1720, 'agent', 'the agent of n1 says nothing'],
    ])
    expect([total, unknown]).toEqual([9, []])
  })

  it('links a policy, tells its generation and every difference', async () => {
    const [first] = (await changes()).changes
    expect(first).toMatchObject({
      policy: 'knp~shop~db',
      generation: 2,
      object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'shop', name: 'db' },
      details: [
        'ingress rule added: allow from namespace = shop and app = api',
        'ingress rule removed: allow from namespace = shop and app = web',
      ],
    })
    expect(first).not.toHaveProperty('who')
  })

  it('tells which pods a rollout brought and took, and until when it went on', async () => {
    const rollout = (await changes()).changes.find(({ kind }) => kind === 'rollout')
    expect(rollout).toMatchObject({ until: t0 + 230, details: [expect.any(String), '1 pod came, 1 pod went'] })
  })

  it('tells since when an agent is away, and when it was back', async () => {
    const agents = (await changes()).changes.filter(({ kind }) => kind === 'agent')
    expect(agents.map(({ until }) => until && until - t0)).toEqual([1600, undefined])
  })

  it('is of the range and namespace that were asked for, the newest where they are too many', async () => {
    const found = await changes({ from: t0 + 150, to: t0 + 750 })
    expect(found.changes.map(({ time }) => time - t0)).toEqual([200, 400, 500, 600, 700])
    expect((await changes({ namespace: 'ops' })).changes.map(({ kind }) => kind)).toEqual([
      'node',
      'node',
      'policy',
      'policy',
      'agent',
      'agent',
    ])
    const last = await changes({ limit: 2 })
    expect([last.total, last.changes.map(({ number }) => number)]).toEqual([9, [8, 9]])
  })

  it('says from when on it tells where more changed than is read', async () => {
    const crowded = { ...api.objects, changes: () => Promise.resolve({ changes: [], from: t0 + 300 }) }
    const other = await openTestApi({ now, deps: { objects: crowded } })
    const { truncated, unknown } = await other.get('changes', { from: t0, to: now })
    await other.close()
    expect(truncated).toBe(true)
    expect(unknown.map(({ why }) => why)).toContainEqual(
      `more than 10000 versions of objects changed; those from ${new Date((t0 + 300) * 1000).toISOString()} on are told`,
    )
    expect((await changes()).truncated).toBe(false)
  })

  it('tells what is known where the objects cannot be read, and why the rest is not', async () => {
    const why = 'the object log cannot be read: disk'
    const unread = { ...api.objects, present: () => Promise.reject(new ObjectsUnread(why)) }
    const other = await openTestApi({ now, deps: { objects: unread } })
    await other.ingest([flow(t0 + 1000), flow(t0 + 2000)])
    const { changes: found, unknown } = await other.get('changes', { from: t0, to: now })
    await other.close()
    expect(unknown).toEqual([{ what: 'objects of the cluster', why, hint: new ObjectsUnread(why).hint }])
    expect(found.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['policy', 'agent']))
  })

  it('refuses a range that is none, or has not begun', async () => {
    const refusal = async (from: number, to: number) => (await api.refused('changes', { search: { from, to } })).detail
    expect(await refusal(now, now)).toBe(`from ${now} is not before to ${now}`)
    expect(await refusal(now + 5, now + 9)).toBe(`from ${now + 5} is after now, which is ${now}`)
  })
})

describe('gaps of an agent', () => {
  it.each([
    [[0, 60, 120], 180, []],
    [[0, 60, 300], 360, [{ from: 120, until: 300 }]],
    [[0], 200, [{ from: 60 }]],
    [[], 200, []],
  ])('between %j until %i', (times, end, expected) => expect(gapsOf(times, 60, end)).toEqual(expected))
})

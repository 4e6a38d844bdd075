// Both ends by the API, over a real store: what is joined, what is not, and what is said of how many.
import { dnsLog, flowLog, printExemplar, readRow, writeRow } from '@margay/model'
import type { Exemplar, Row } from '@margay/model'
import type { EndsRequest } from '@margay/wire'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi } from '../testing/test-api.ts'
import { openTestApi } from '../testing/test-api.ts'
import type { EndsDeps } from './context.ts'

const now = 1_793_000_000
const at = now - 600

const exemplar = (port: number, rest: Partial<Exemplar> = {}): Exemplar => ({
  startMs: at * 1000 + 250,
  went: 'unanswered',
  proto: 'tcp',
  source: { ip: '10.77.0.1', port },
  dest: { ip: '10.77.0.2', port: 8080 },
  ...rest,
})

const row = (reporter: string, outcome: string, exemplars: readonly Exemplar[], rest: Row = {}): Row => ({
  start_time: at,
  end_time: at + 10,
  cluster: 'lab',
  host: reporter === 'src' ? 'n1' : 'n2',
  reporter,
  action: 'allow',
  outcome,
  proto: 'tcp',
  source_ip: '10.77.0.1',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'a-1',
  dest_ip: '10.77.0.2',
  dest_type: 'wep',
  dest_namespace: 'pay',
  dest_name: 'b-1',
  dest_port: 8080,
  exemplars: exemplars.map(printExemplar),
  num_exemplars: exemplars.length,
  ...rest,
})

const drop = { went: 'dropped', dropReason: 'NETFILTER_DROP' } as const
const stored: readonly Row[] = [
  // Two connections failed at the source; the destination dropped one of them, and one of somebody else.
  row('src', 'unanswered', [exemplar(1, { syns: 3 }), exemplar(2, { syns: 2 })], {
    num_exemplars: 7,
    dest_domains: ['api.pay.test'],
  }),
  row('dst', 'dropped', [exemplar(1, drop), exemplar(9, drop)], { drop_reason: 'NETFILTER_DROP', action: 'deny' }),
  // Another address, whose destination lies behind a service that the source only dialled.
  row(
    'src',
    'unanswered',
    [exemplar(3, { source: { ip: '10.77.0.3', port: 3 }, dest: { ip: '10.96.0.9', port: 80 } })],
    {
      source_ip: '10.77.0.3',
      dest_ip: '10.96.0.9',
      dest_port: 80,
    },
  ),
  row(
    'fwd',
    'dropped',
    [exemplar(3, { source: { ip: '10.77.0.3', port: 3 }, dialled: { ip: '10.96.0.9', port: 80 }, ...drop })],
    {
      source_ip: '10.77.0.3',
      host: 'n1',
    },
  ),
  // In the name of a service behind which nobody stands.
  row(
    'src',
    'refused',
    [exemplar(6, { source: { ip: '10.77.0.6', port: 6 }, dest: { ip: '10.96.0.20', port: 80 }, ...drop })],
    {
      source_ip: '10.77.0.6',
      dest_ip: '10.96.0.20',
      dest_port: 80,
      dest_service_name: 'api',
      dest_service_namespace: 'pay',
      drop_reason: 'SERVICE_WITHOUT_ENDPOINTS',
    },
  ),
  // Without exemplars, as others write their logs.
  row('src', 'established', [], { source_ip: '10.77.0.4', outcome: undefined, num_flows: 3 }),
  row('dst', 'dropped', [], { source_ip: '10.77.0.4', outcome: undefined, action: 'deny' }),
]

const lookup = (change: Row): Row => ({
  start_time: at - 10,
  end_time: at,
  client_ip: '10.77.0.1',
  qname: 'api.pay.test',
  qtype: 'A',
  outcome: 'answered',
  rcode: 'NOERROR',
  count: 1,
  ...change,
})
const lookups: readonly Row[] = [
  lookup({}),
  lookup({ rcode: 'SERVFAIL', count: 2 }),
  lookup({ rcode: 'NXDOMAIN', qname: 'other.test' }),
  lookup({ rcode: 'NXDOMAIN', client_ip: '10.77.0.9' }),
]

const objects = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: pay } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: shop, name: a-1, labels: { app: a } }, spec: { nodeName: n1 }, status: { podIP: 10.77.0.1 } }
---
{ apiVersion: v1, kind: Pod, metadata: { namespace: pay, name: b-1, labels: { app: b } }, spec: { nodeName: n2 }, status: { podIP: 10.77.0.2 } }
`
const policy = `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: { namespace: pay, name: api }
spec: { selector: "app == 'b'", types: [Ingress], ingress: [{ action: Allow, source: { namespaceSelector: all(), selector: "role == 'api'" } }] }
`

const reporters: EndsDeps['reporters'] = async (of) =>
  of.map(({ ip }) =>
    ip === '10.77.0.2'
      ? { host: 'n2', state: 'reports' }
      : ip === '10.96.0.9'
        ? { state: 'none' }
        : { host: 'n1', state: 'reports' },
  )

let api: TestApi
beforeAll(async () => {
  api = await openTestApi({ now, deps: { ends: { reporters } } })
  for (const [type, records] of [
    [flowLog, stored],
    [dnsLog, lookups],
  ] as const) {
    const rows = records.map((one) => {
      const read = readRow(type, writeRow(type, one), now)
      if (!read.ok) throw new Error(JSON.stringify(read.problems))
      return read.row
    })
    await api.store(type.name, rows)
  }
})
afterAll(() => api?.close())

const ask = (request: EndsRequest) => api.post('ends', request)

const range = { from: { ago: 3600 }, to: { ago: 0 } }

describe('both ends of a search', () => {
  it('joins by five-tuple, counts what is in no list, and takes nobody else’s drop', async () => {
    const { connections, more } = await ask({ range, query: 'source_ip: 10.77.0.1 and reporter: src' })
    expect(connections.map(({ source, fate, sure }) => [source.port, fate, sure])).toEqual([
      [1, 'dropped', true],
      [2, 'lost_on_the_way', true],
    ])
    expect(more).toBe(5)
    expect(connections[0]!.sentence).toBe(
      'Reached the node of pay/b-1 on n2 and was dropped before any program saw it, by a netfilter rule on n2.',
    )
    expect(connections[0]!.evidence.map(({ at: place, from }) => [place, from])).toEqual([
      ['source', 'dns'],
      ['source', 'exemplar'],
      ['destination', 'exemplar'],
    ])
  })

  it('says which lookups of the name failed before', async () => {
    const { connections } = await ask({ range, query: 'source_ip: 10.77.0.1 and reporter: src', limit: 1 })
    expect(connections[0]!.evidence[0]).toEqual({
      at: 'source',
      from: 'dns',
      text: 'api.pay.test was looked up before, SERVFAIL twice',
    })
  })

  it('tells a connection that both ends report once, whichever record is found', async () => {
    const { connections } = await ask({ range, query: 'source_ip: 10.77.0.1' })
    expect(new Set(connections.map(({ source }) => source.port))).toEqual(new Set([1, 2, 9]))
    expect(connections).toHaveLength(3)
  })

  it('finds a drop behind the service that was dialled', async () => {
    const { connections } = await ask({ range, query: 'source_ip: 10.77.0.3 and reporter: src' })
    expect(connections).toMatchObject([{ fate: 'dropped', decided: { where: 'way', by: 'rule' }, left: 'no' }])
  })

  it('names the service that has no endpoints, as the record names it', async () => {
    const { connections } = await ask({ range, query: 'source_ip: 10.77.0.6' })
    expect(connections.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('service pay/api has no endpoints'),
    ])
  })

  it('answers at most what was asked for, and says how many more there are', async () => {
    const { connections, more, exact } = await ask({
      range,
      query: 'source_ip: 10.77.0.1 and reporter: src',
      limit: 1,
    })
    expect([connections.length, more, exact]).toEqual([1, 6, true])
  })

  it('counts a connection once that both ends report, and says where lists were cut that there may be more', async () => {
    const { connections, more, exact } = await ask({ range, query: 'source_ip: 10.77.0.1' })
    // The source had seven, and told two of them; what the destination names is among the seven, or not.
    expect([connections.length, more, exact]).toEqual([3, 4, false])
  })

  it('has nothing to say of connections that went well', async () =>
    expect(await ask({ range, query: 'outcome: established' })).toEqual({ connections: [], more: 0, exact: true }))
})

describe('both ends of one record', () => {
  it('is the same answer', async () => {
    const record = writeRow(flowLog, stored[0]!)
    const { connections } = await ask({ record })
    expect(connections.map(({ fate }) => fate)).toEqual(['dropped', 'lost_on_the_way'])
  })

  it('without exemplars is joined by its pair, and not sure', async () => {
    const { connections } = await ask({ record: writeRow(flowLog, { ...stored.at(-2)!, outcome: 'unanswered' }) })
    expect(connections).toMatchObject([{ fate: 'dropped', decided: { where: 'destination' }, sure: false }])
  })

  it('that is no flow record is refused with each field', async () =>
    expect((await api.refused('ends', { body: { record: { start_time: 'soon', dest_port: 'x' } } })).detail).toMatch(
      /record: start_time .* got "soon"; .*dest_port .* got "x"/,
    ))
})

describe('both ends among many records', () => {
  const crowd = (source: string, count: number, change: (index: number) => Row): readonly Row[] =>
    Array.from({ length: count }, (_, index) =>
      row('src', 'established', [], {
        source_ip: source,
        num_exemplars: 0,
        start_time: at + 1 + (index % 20),
        end_time: at + 11 + (index % 20),
        process_name: `p${index}`,
        ...change(index),
      }),
    )
  /** A connection that got no answer, whose drop at the destination is the oldest record around it. */
  const lost = (source: string): readonly Row[] => {
    const whole = (rest: Partial<Exemplar>) => exemplar(1, { source: { ip: source, port: 1 }, ...rest })
    return [
      row('src', 'unanswered', [whole({})], { source_ip: source, start_time: at + 5, end_time: at + 15 }),
      row('dst', 'dropped', [whole(drop)], { source_ip: source, start_time: at - 20, end_time: at - 10 }),
    ]
  }
  const put = (rows: readonly Row[]) => api.store(flowLog.name, rows)
  const query = (source: string) => `source_ip: ${source} and reporter: src and outcome: unanswered`

  it('finds the other end however much the source does besides', async () => {
    const busy = (index: number): Row => ({ dest_ip: '10.77.9.9', num_exemplars: 1, exemplars: crowded(index) })
    const crowded = (index: number) => [
      printExemplar(exemplar(index + 100, { source: { ip: '10.77.1.1', port: index + 100 } })),
    ]
    await put([...lost('10.77.1.1'), ...crowd('10.77.1.1', 5_200, busy)])
    const { connections } = await ask({ range, query: `${query('10.77.1.1')} and dest_ip: 10.77.0.2` })
    expect(connections).toMatchObject([{ fate: 'dropped', sure: true }])
  })

  it('does not take for silence what it did not read, and says so of that connection alone', async () => {
    await put([
      ...lost('10.77.1.2'),
      ...crowd('10.77.1.2', 5_200, () => ({})),
      row('src', 'unanswered', [exemplar(8, { source: { ip: '10.77.1.3', port: 8 } })], { source_ip: '10.77.1.3' }),
    ])
    const { connections } = await ask({
      range,
      query: '(source_ip: 10.77.1.2 or source_ip: 10.77.1.3) and reporter: src',
    })
    const byPort = new Map(connections.map((connection) => [connection.source.port, connection]))
    expect(byPort.get(1)).toMatchObject({ fate: 'cannot_tell', sure: false, arrived: 'unknown' })
    expect(byPort.get(1)!.sentence).toContain('more than 5,000 records speak of this pair in that time')
    expect(byPort.get(8)).toMatchObject({ fate: 'lost_on_the_way', sure: true })
  })

  it('counts what more there is beyond the records that it was told from', async () => {
    const failed = Array.from({ length: 300 }, (_, index) =>
      row('src', 'refused', [exemplar(index + 1, { went: 'refused', source: { ip: '10.77.1.4', port: index + 1 } })], {
        source_ip: '10.77.1.4',
        start_time: at + (index % 60),
        end_time: at + (index % 60) + 10,
      }),
    )
    await put(failed)
    const { connections, more, exact } = await ask({ range, query: 'source_ip: 10.77.1.4', limit: 2 })
    expect([connections.length, more, exact]).toEqual([2, 298, true])
  })
})

describe('both ends under policies', () => {
  it('are told with the policy of that moment, and the change that would admit the connection', async () => {
    api.objects.apply(objects, at - 3600)
    const before = await ask({ range, query: 'source_ip: 10.77.0.1 and reporter: src', limit: 2 })
    expect(before.connections.map(({ fate }) => fate)).toEqual(['dropped', 'lost_on_the_way'])
    api.objects.apply(policy, at - 60)
    const { connections } = await ask({ range, query: 'source_ip: 10.77.0.1 and reporter: src', limit: 2 })
    expect(connections[0]).toMatchObject({
      fate: 'denied',
      decided: { where: 'destination', by: 'policy', dropReason: 'NETFILTER_DROP' },
      sure: true,
      fix: 'set label role = api on pod shop/a-1',
    })
    expect(connections[0]!.sentence).toBe(
      'Denied on arrival at pay/b-1 on n2 by the end of tier default: policy pay/api isolates, and no rule of it matches; to admit it, set label role = api on pod shop/a-1.',
    )
    // Nobody saw the drop of the other, so the policies alone say it.
    expect(connections[1]).toMatchObject({ fate: 'denied', decided: { by: 'policy' }, sure: false })
  })

  it('ask for the clusters of their moments one after the other', async () => {
    const asked: number[] = []
    let most = 0
    let running = 0
    const objectsAt = async (moment: number) => {
      asked.push(moment)
      running += 1
      most = Math.max(most, running)
      await nextTurn()
      running -= 1
      return api.objects.at(moment)
    }
    const other = await openTestApi({ now, deps: { ends: { reporters }, objects: { ...api.objects, at: objectsAt } } })
    const moments = Array.from({ length: 10 }, (_, index) => at + index * 10)
    await other.store(
      flowLog.name,
      moments.map((time, index) =>
        row('src', 'unanswered', [exemplar(index + 1, { startMs: time * 1000 })], {
          start_time: time,
          end_time: time + 10,
        }),
      ),
    )
    const { connections } = await other.post('ends', { range, limit: 10 })
    await other.close()
    expect([connections.length, most]).toEqual([10, 1])
    expect(asked.length).toBeGreaterThanOrEqual(10)
  })
})

// The use cases of the founding guide (AT-1, 4 to 9) on fixtures: what Explorer, Panel and Graph ask, asked of a real server
// process whose records came by the NDJSON door. Totals go by `counts`.
import type { Measure } from '@margay/query'
import type { Edge, Picture } from '@margay/graph'
import { buildPicture, createGroupTable, defaultView, mergeReporters } from '@margay/graph'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fixture, Json, Product } from './product.ts'
import { readFixture, startProduct } from './product.ts'

let margay: Product
let fixture: Fixture

beforeAll(async () => {
  margay = await startProduct()
  fixture = readFixture('acceptance/flows.ndjson')
  const { accepted, refused, unknownFields } = await margay.ingest('flows', fixture.text)
  expect([accepted, refused, unknownFields]).toEqual([fixture.rows.length, 0, {}])
})

afterAll(() => margay.remove())

const range = () => ({ from: { at: fixture.from - 60 }, to: { at: fixture.from + 600 } })
const east = (query: string) => (query === '' ? 'cluster: east' : `cluster: east and (${query})`)

async function rows(query: string, reports: 'every' | 'counted' = 'every'): Promise<readonly Json[]> {
  const select = { kind: 'rows' as const, sort: { field: 'start_time', descending: false }, limit: 1000 }
  const { answer } = await margay.post('query', { logType: 'flows', range: range(), query, reports, select })
  if (answer.kind !== 'rows') throw new Error('rows expected')
  return answer.rows
}

async function groups(query: string, by: readonly string[], measures: Record<string, Measure>) {
  const select = { kind: 'groups' as const, by: by.map((field) => ({ field })), measures, limit: 1000 }
  const question = { logType: 'flows', range: range(), query, reports: 'counted' as const, select }
  const { answer } = await margay.post('query', question)
  if (answer.kind !== 'groups') throw new Error('groups expected')
  return answer.groups
}

async function sums(query: string, by: string, field: string): Promise<Record<string, unknown>> {
  const found = await groups(query, [by], { sum: { sum: field } })
  return Object.fromEntries(found.map(({ key, measures }) => [String(key[0]), measures.sum]))
}

async function picture(query: string): Promise<Picture> {
  const { columns, groups: count } = await margay.post('graph', { range: range(), query })
  const table = createGroupTable()
  table.addColumns(columns, count)
  return buildPicture(mergeReporters([table]), { ...defaultView, level: 'workload' })
}

async function edge(query: string, source: RegExp, dest: RegExp): Promise<Edge> {
  const { edges } = await picture(query)
  const found = edges.filter((each) => source.test(each.source) && dest.test(each.dest))
  expect(found.map(({ id }) => id)).toHaveLength(1)
  return found[0]!
}

const values = async (field: string, query = ''): Promise<Record<string, number>> => {
  const found = await margay.get(
    `/values?logType=flows&field=${field}&from=${fixture.from - 60}&to=${fixture.from + 600}&${query}`,
  )
  const { values: list } = (await found.json()) as { values: { value: string; count: number }[] }
  return Object.fromEntries(list.map(({ value, count }) => [value, count]))
}

const trace = (row: Json) => [...(row.policies as { enforced_policies: string[] }).enforced_policies].sort()
const members = (list: readonly Json[], ...names: string[]) => list.map((row) => names.map((name) => row[name]))

describe('AT-1: denied flows', () => {
  it('Explorer: action : deny finds both denials and no allowed record', async () => {
    const denied = await rows(east('action : deny'))
    expect(members(denied, 'reporter', 'dest_name_aggr', 'dest_port', 'action')).toEqual([
      ['src', 'db-*', 5432, 'deny'],
      ['dst', 'api-5f6d7c8b94-*', 443, 'deny'],
    ])
  })

  it('Panel: the trace, sorted by index, ends with the entry that denies', async () => {
    const denied = await rows(east('action : deny'))
    expect(denied.map((row) => trace(row).at(-1))).toEqual([
      '1|app|dev/app.client-egress|deny|1',
      '1|app|prod/app.api-ingress|deny|-1',
    ])
  })

  it('Graph: red where the source denied, orange where the destination did, with what was denied', async () => {
    const atSource = await edge(east(''), /dev\/client/, /prod\/db/)
    expect([
      atSource.verdict,
      atSource.tally.deniedAtSource.connections,
      atSource.tally.deniedAtSource.packets,
    ]).toEqual(['denied_at_source', 3, 3])
    const atDest = await edge(east(''), /dev\/client/, /prod\/api/)
    expect([
      atDest.verdict,
      atDest.tally.deniedAtDestination.connections,
      atDest.tally.deniedAtDestination.sent,
    ]).toEqual(['denied_at_destination', 4, 240])
    const allowed = await edge(east(''), /dev\/web/, /prod\/api/)
    expect([allowed.verdict, allowed.tally.total.connections]).toEqual(['allowed', 10])
  })

  it('Explorer, several clusters: a filter on _index leaves one cluster', async () => {
    const west = await rows('action: deny and dest_namespace: prod and _index: *west*')
    expect(members(west, 'cluster')).toEqual([['west']])
    expect(await rows('action: deny and dest_namespace: prod and _index: *east*')).toHaveLength(2)
  })

  it('finds the flows of one policy only where it is the entry that decides (AT-2)', async () => {
    const decided = await rows(east('policies:{all_policies: deny and all_policies: api-ingress}'))
    expect(members(decided, 'reporter', 'dest_port')).toEqual([['dst', 443]])
    expect(await rows(east('policies:{all_policies: deny and all_policies: baseline}'))).toEqual([])
  })
})

describe('AT-4: inbound and outbound bytes', () => {
  it('Panel: numbers per record, sorted', async () => {
    const select = { kind: 'rows' as const, sort: { field: 'bytes_in', descending: true }, limit: 3 }
    const { answer } = await margay.post('query', { logType: 'flows', range: range(), query: east(''), select })
    if (answer.kind !== 'rows') throw new Error('rows expected')
    expect(members(answer.rows, 'bytes_in')).toEqual([[64_000], [52_000], [20_000]])
  })

  it('Explorer: sums per namespace count each conversation once, at its source where that reports', async () => {
    expect(await sums(east('source_type: wep'), 'source_namespace', 'bytes_out')).toEqual({
      dev: 180 + 240 + 5000 + 300 + 1200 + 250,
      prod: 300 + 31_000 + 9000 + 700 + 3100,
      ops: 6100,
    })
    expect(await sums(east('source_name_aggr: pub'), 'dest_namespace', 'bytes_in')).toEqual({ dev: 1100 })
    expect(await sums(east('dest_name_aggr: pvt or dest_name_aggr: pub'), 'dest_name_aggr', 'bytes_out')).toEqual({
      pvt: 300 + 9000,
      pub: 31_000 + 300 + 700 + 1200 + 250,
    })
  })

  it('equals the total of the source side wherever there is one, with tolerance 0', async () => {
    const counted = await sums(east('source_type: wep'), 'cluster', 'bytes_out')
    const src = await rows(east('reporter: src'))
    expect(counted.east).toBe(src.reduce((sum, { bytes_out: bytes }) => sum + Number(bytes), 0))
  })

  it('Graph: bytes of an edge, both ways, once', async () => {
    const { tally } = await edge(east(''), /dev\/web/, /prod\/api/)
    expect([tally.total.sent, tally.total.received, tally.total.packets]).toEqual([5000, 20_000, 55])
  })

  it('gives one total in graph, query and file', async () => {
    const { total } = await picture(east(''))
    const [all] = await groups(east(''), [], { flows: { sum: 'num_flows' } })
    const csv = await margay.get(
      `/export.csv?logType=flows&query=${encodeURIComponent(east('counts: true'))}&fields=num_flows&from=${fixture.from}`,
    )
    const lines = (await csv.text()).trim().split('\r\n').slice(1)
    const fromFile = lines.reduce((sum, line) => sum + Number(line), 0)
    expect([total.total.connections, fromFile]).toEqual([all!.measures.flows, all!.measures.flows])
  })
})

describe('AT-5: bytes_in : 0', () => {
  it('Explorer: allowed flows that got no answer, the one-way syslog among them and told by its protocol', async () => {
    const silent = await rows(east('bytes_in : 0 and action : allow'))
    expect(members(silent, 'dest_name_aggr', 'dest_port', 'proto')).toEqual([
      ['api-5f6d7c8b94-*', 443, 'tcp'],
      ['pub', 443, 'tcp'],
      ['pvt', 514, 'udp'],
    ])
    expect(silent.every(({ bytes_out: bytes }) => Number(bytes) > 0)).toBe(true)
  })

  it('Graph: the one that was denied at its destination is told from those that left the cluster', async () => {
    expect((await edge(east(''), /dev\/client/, /prod\/api/)).verdict).toBe('denied_at_destination')
    const { edges } = await picture(east('bytes_in: 0 and action: allow and dest_type: net'))
    expect(edges.map(({ verdict }) => verdict)).toEqual(edges.map(() => 'allowed'))
  })
})

describe('AT-6: processes', () => {
  it.each([
    ['process_name :*curl*', ['/usr/bin/curl', '/usr/bin/curl']],
    ['process_id: 4711', ['/usr/bin/curl']],
    ['process_args: *partner.example.net*', ['/usr/bin/curl']],
    ['process_args: "ssh -l root db-0"', ['ssh']],
    ['process_name: java and dest_name_aggr: pub and (dest_port: 389 or dest_port: 1389)', ['java']],
    ['process_name: \\*', ['*']],
  ])('Explorer: %s', async (query, names) => {
    expect((await rows(east(query))).map(({ process_name: name }) => name)).toEqual(names)
  })

  it('Graph: programs and pids of an edge, by side', async () => {
    const found = await groups(east('dest_port: 22'), ['process_name', 'process_id'], { rows: { rows: true } })
    expect(found.map(({ key }) => key)).toEqual([['ssh', '905']])
    expect((await rows(east('dest_port: 22 and reporter: dst'))).map(({ process_name: name }) => name)).toEqual([
      'sshd',
    ])
  })
})

describe('AT-7: service ports', () => {
  it('Explorer: ports with their number of records, and the records of a click', async () => {
    const ports = await values('dest_port')
    expect(ports).toMatchObject({ '22': 2, '5432': 3, '514': 1, '1389': 1 })
    const clicked = await rows(east('dest_port: 22 or dest_port: 5432'), 'counted')
    expect(members(clicked, 'source_name_aggr', 'dest_port', 'process_name')).toEqual([
      ['client-6d4c5b7f89-*', 5432, 'client'],
      ['shop-api-59bd7c6f48-*', 5432, '*'],
      ['bastion', 22, 'ssh'],
    ])
  })

  it('Graph: an edge filters the panel to its flows', async () => {
    const { source, dest } = await edge(east(''), /ops\/bastion/, /prod\/db/)
    expect([source, dest].map((id) => id.split('/').at(-1))).toEqual(['bastion', 'db-*'])
    const panel = await rows(east('source_name_aggr: bastion and dest_name_aggr: "db-*"'))
    expect(panel).toHaveLength(2)
  })
})

describe('AT-8: names of destinations', () => {
  it('Panel: rows towards pub list the names', async () => {
    const outside = await rows(east('dest_name_aggr: pub and dest_domains: *'))
    expect(outside.map(({ dest_domains: names }) => names)).toEqual([
      ['api.stripe.com'],
      ['partner.example.net'],
      ['api.stripe.com', 'checkout.stripe.com'],
    ])
  })

  it('Explorer: names with their number of records; a click leaves their records, of the source side only', async () => {
    expect(await values('dest_domains')).toEqual({
      'api.stripe.com': 2,
      'checkout.stripe.com': 1,
      'partner.example.net': 1,
    })
    const clicked = await rows(east('dest_domains: api.stripe.com'))
    expect(members(clicked, 'reporter')).toEqual([['src'], ['src']])
  })
})

describe('AT-9: addresses of destinations', () => {
  it('Explorer: addresses with their number of records; a click leaves only flows to it', async () => {
    expect(await values('dest_ip', 'prefix=203.0.113.')).toEqual({
      '203.0.113.20': 2,
      '203.0.113.99': 1,
      '203.0.113.166': 1,
    })
    const clicked = await rows(east('dest_ip: 203.0.113.20'))
    expect(members(clicked, 'dest_ip', 'source_name_aggr')).toEqual([
      ['203.0.113.20', 'api-5f6d7c8b94-*'],
      ['203.0.113.20', 'web-7b9d8c6f54-*'],
    ])
    expect(await rows(east('dest_ip: 203.0.113.0/24'))).toHaveLength(4)
  })

  it('Panel: blank where addresses were aggregated away, and such rows are found', async () => {
    const aggregated = await rows(east('not dest_ip: *'))
    expect(aggregated).toHaveLength(1)
    expect(aggregated[0]).not.toHaveProperty('dest_ip')
    expect(aggregated[0]).toMatchObject({ source_name: '-', source_name_aggr: 'web-7b9d8c6f54-*' })
  })
})

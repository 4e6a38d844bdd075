// The demo as it is started by people: a server with `--demo`, its pages' questions answered from the first seconds on.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EndpointsResponse, Health } from '@margay/wire'
import { buildPicture, createGroupTable, defaultView, mergeReporters } from '@margay/graph'
import type { Product } from './product.ts'
import { firstLine, startProduct } from './product.ts'

let margay: Product

const health = async () => (await (await margay.get('/health')).json()) as Health

beforeAll(async () => {
  margay = await startProduct(['--demo'])
})

afterAll(() => margay.remove())

const lastHour = { from: { ago: 3600 }, to: { ago: 0 } }

it('says that its data are invented, and that the last hour is there', async () => {
  const saying = async () => (await health()).parts.find(({ name }) => name === 'demo')?.says
  await expect.poll(saying, { timeout: 120_000 }).toContain('invented')
  expect(await health()).toMatchObject({ demo: true })
})

it('shows the story in the graph: a dozen services, denials at both ends, an egress that should not be', async () => {
  const { columns, groups } = await margay.post('graph', { range: lastHour, extra: ['dest_domains'] })
  const table = createGroupTable()
  table.addColumns(columns, groups)
  const { vertices, edges } = buildPicture(mergeReporters([table]), { ...defaultView, level: 'workload' })
  expect(vertices.length).toBeGreaterThan(12)
  const verdicts = (source: RegExp, dest: RegExp) =>
    edges.filter((edge) => source.test(edge.source) && dest.test(edge.dest)).map(({ verdict }) => verdict)
  expect(verdicts(/shop\/checkout/, /payments\/payments/)).toEqual(['mixed'])
  expect(verdicts(/shop\/search/, /pub/)).toEqual(['denied_at_source'])
  expect(verdicts(/shop\/frontend/, /shop\/catalog/)).toEqual(['allowed'])
})

it('has what pages ask for: an outage, failing names, uploads', async () => {
  const count = async (query: string, logType = 'flows') => {
    const select = { kind: 'groups' as const, by: [], measures: { rows: { rows: true as const } }, limit: 1 }
    const { answer } = await margay.post('query', { logType, range: lastHour, query, select })
    return answer.kind === 'groups' ? Number(answer.groups[0]?.measures.rows ?? 0) : 0
  }
  expect(await count('outcome: refused and dest_namespace: shop')).toBeGreaterThan(0)
  expect(await count('dest_domains: drop.files.example and action: allow')).toBeGreaterThan(0)
  expect(await count('rcode: SERVFAIL', 'dns')).toBeGreaterThan(0)
  expect(await count('rcode: NXDOMAIN and qname: "paymnts.payments.svc.cluster.local"', 'dns')).toBeGreaterThan(0)
})

it('is live: new rows reach whoever watches', async () => {
  const tail = margay.cliStart(['observe', '-o', 'json'])
  expect(JSON.parse(await firstLine(tail))).toMatchObject({ origin: 'demo', cluster: 'shop-prod' })
  tail.kill('SIGINT')
})

it('goes on where it was after it was stopped', async () => {
  const objects = async () => ((await (await margay.get('/endpoints')).json()) as EndpointsResponse).objects
  const before = await health()
  const known = await objects()
  expect(known).toBeGreaterThan(0)
  await margay.end()
  margay = await startProduct(['--demo'], margay.dataDir)
  const flows = ({ tables }: Health) => tables.find(({ logType }) => logType === 'flows')!
  await expect
    .poll(async () => flows(await health()).newest, { timeout: 120_000 })
    .toBeGreaterThan(flows(before).newest!)
  expect(flows(await health()).rows).toBeGreaterThanOrEqual(flows(before).rows)
  await expect.poll(objects).toBe(known)
})

// A search that holds one report of a conversation and leaves the other out: ribbon, edge, panel, foot, Explore and the
// command line tell one story of it, whichever end's report it is. The rule is in docs/decisions/0036.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildConsole } from '../../scripts/build.ts'
import { startProduct, type Product } from '../e2e/product.ts'
import { eventually, launch, visit } from './browser.ts'

let margay: Product
let browser: Browser

const start = Math.floor(Date.now() / 1000) - 600

/** Calls of checkout to payments. */
const record = (reporter: 'src' | 'dst', action: string, connections: number, host: string): object => {
  const policy = reporter === 'src' ? 'shop/app.shop-egress' : 'payments/app.payments-ingress'
  const sent =
    reporter === 'src' ? { bytes_out: 100 * connections, bytes_in: 0 } : { bytes_in: 100 * connections, bytes_out: 0 }
  return {
    start_time: start,
    end_time: start + 10,
    reporter,
    action,
    host,
    proto: 'tcp',
    source_ip: '10.77.0.1',
    source_type: 'wep',
    source_namespace: 'shop',
    source_name: 'checkout-1',
    source_name_aggr: 'checkout-*',
    dest_ip: '10.77.0.2',
    dest_port: 8443,
    dest_type: 'wep',
    dest_namespace: 'payments',
    dest_name: 'payments-1',
    dest_name_aggr: 'payments-*',
    num_flows: connections,
    num_flows_started: connections,
    ...sent,
    packets_in: 1,
    packets_out: 1,
    policies: { enforced_policies: [`0|app|${policy}|${action}|0`], pending_policies: [] },
  }
}

/** The source sees ten connections go; its peer takes six of them. Two more never leave. */
const records = [
  record('src', 'allow', 10, 'node-1'),
  record('src', 'deny', 2, 'node-1'),
  record('dst', 'allow', 6, 'node-2'),
  record('dst', 'deny', 4, 'node-2'),
]

beforeAll(async () => {
  buildConsole()
  margay = await startProduct()
  await margay.ingest('flows', records.map((each) => JSON.stringify(each)).join('\n'))
  browser = await launch()
})

afterAll(async () => {
  await browser.close()
  await margay.remove()
})

const edge = 'edge:workload/shop/checkout-* > workload/payments/payments-*'

async function open(path: string, search: Record<string, string>): Promise<Page> {
  const context = await visit(browser)
  const page = await context.newPage()
  await page.goto(`${margay.address}${path}?${new URLSearchParams(search).toString()}`)
  return page
}

async function countedByCommand(kql: string): Promise<Readonly<Record<string, number>>> {
  const asked = ['query', kql, '--by', 'action', '--counted', '--measure', 'sum:num_flows', '-o', 'csv']
  const { code, out, err } = await margay.cli(asked)
  expect([code, err]).toEqual([0, ''])
  const [, ...lines] = out.trim().split(/\r?\n/)
  return Object.fromEntries(lines.map((line) => line.split(',')).map(([action, sum]) => [action, Number(sum)]))
}

describe('a search that holds one report of two', () => {
  it.each([
    {
      kql: 'policies.enforced_policies: *payments-ingress*',
      ribbon: '1 record allowed · 1 denied at destination',
      sums: { allow: 6, deny: 4 },
      rows: [/Allowed 6 /, /destination 4 /],
    },
    {
      kql: 'reporter: dst',
      ribbon: '1 record allowed · 1 denied at destination',
      sums: { allow: 6, deny: 4 },
      rows: [/Allowed 6 /, /destination 4 /],
    },
    {
      kql: 'host: node-2',
      ribbon: '1 record allowed · 1 denied at destination',
      sums: { allow: 6, deny: 4 },
      rows: [/Allowed 6 /, /destination 4 /],
    },
    {
      kql: 'host: node-1',
      ribbon: '1 record allowed · 1 denied at source',
      sums: { allow: 10, deny: 2 },
      rows: [/Allowed 10 /, /source 2 /],
    },
    {
      kql: 'action: deny',
      ribbon: '1 denied at source · 1 denied at destination',
      sums: { deny: 6 },
      rows: [/source 2 /, /destination 4 /],
    },
  ])('tells one story of $kql', async ({ kql, ribbon, sums, rows }) => {
    const total = Object.values(sums).reduce((all, one) => all + one, 0)
    expect(await countedByCommand(kql)).toEqual(sums)
    const graph = await open('/graph', { q: kql, sel: edge })
    await graph.getByText(`counted once: ${total} connections`).waitFor()
    await graph.getByText(ribbon).first().waitFor()
    const panel = graph.getByRole('complementary', { name: 'Edge' })
    for (const name of rows) await panel.getByRole('row', { name }).waitFor()
    await graph.context().close()
    const explore = await open('/explore', { q: kql, cols: 'num_flows' })
    await explore.getByText(ribbon).first().waitFor()
    await eventually(() => explore.getByText(/^Total of \d records$/).count()).toBe(1)
    await explore.context().close()
  })
})

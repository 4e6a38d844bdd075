// Both ends of a failed connection in the side panels: the sentence first, then what each end saw, by the real API over
// records of both ends.
import { printExemplar, type Exemplar } from '@margay/model'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { axe, eventually, launch, open, visit } from './browser.ts'
import { startProduct, type Product } from './product.ts'

const now = Math.floor(Date.now() / 1000)
const at = now - 600

const exemplar = (rest: Partial<Exemplar>): string =>
  printExemplar({
    startMs: at * 1000 + 250,
    went: 'unanswered',
    proto: 'tcp',
    source: { ip: '10.77.0.1', port: 40_000 },
    dest: { ip: '10.77.0.2', port: 8080 },
    ...rest,
  })

const record = (reporter: 'src' | 'dst', change: object) => ({
  start_time: at,
  end_time: at + 10,
  host: reporter === 'src' ? 'node-a' : 'node-b',
  reporter,
  counts: reporter === 'src',
  action: 'allow',
  proto: 'tcp',
  source_ip: '10.77.0.1',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'checkout-1',
  source_name_aggr: 'checkout-*',
  dest_ip: '10.77.0.2',
  dest_type: 'wep',
  dest_namespace: 'pay',
  dest_name: 'api-1',
  dest_name_aggr: 'api-*',
  dest_port: 8080,
  num_flows: 1,
  bytes_in: 0,
  bytes_out: 180,
  num_exemplars: 1,
  ...change,
})

const flows = [
  record('src', { outcome: 'unanswered', exemplars: [exemplar({ syns: 3 })], process_name: 'node' }),
  record('dst', {
    outcome: 'dropped',
    action: 'deny',
    drop_reason: 'NETFILTER_DROP',
    exemplars: [exemplar({ went: 'dropped', dropReason: 'NETFILTER_DROP', syns: 3 })],
    policies: { enforced_policies: ['0|default|pay/knp.default.api|deny|0'] },
  }),
]

const sentence = 'Denied on arrival at pay/api-1 on node-b by policy pay/api, rule 0.'

let product: Product
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  product = await startProduct({ flows })
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  await product?.close()
})

beforeEach(async () => {
  context = await visit(browser)
})

afterEach(() => context.close())

describe('both ends of a connection', () => {
  it('are the first thing said of a record, whichever end’s it is', async () => {
    const { page, complaints } = await open(context, `${product.address}/explore?q=reporter%3A+src`)
    await page
      .locator('[role=grid] [role=row][data-id]')
      .first()
      .click({ position: { x: 20, y: 10 } })
    const ends = page.locator('aside[aria-label^="Record"] section[aria-label="Both ends"]')
    await eventually(() => ends.textContent()).toContain(sentence)
    expect(await ends.locator('li').allTextContents()).toEqual([
      expect.stringContaining('Source on node-a, '),
      expect.stringContaining('Destination on node-b, '),
    ])
    expect(await ends.textContent()).toContain('tcp 10.77.0.1:40000 → 10.77.0.2:8080')
    expect(await axe(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('are told of the newest connection of an edge, before the figures', async () => {
    const id = 'workload/shop/checkout-* > workload/pay/api-*'
    const search = new URLSearchParams({ sel: `edge:${id}` })
    const { page, complaints } = await open(context, `${product.address}/graph?${search.toString()}`)
    const panel = page.locator('aside').filter({ has: page.locator('section[aria-label="Both ends"]') })
    await eventually(() => panel.textContent()).toContain(sentence)
    expect(await axe(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})

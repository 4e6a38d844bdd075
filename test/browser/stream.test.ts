// Tabs of one browser share one live stream, counted where it matters: at the server.
import { logType, readRow, type Row } from '@margay/model'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, launch, visit } from './browser.ts'
import { startProduct, type Product } from './product.ts'

const flows = logType('flows')!
const now = Math.floor(Date.now() / 1000)

const row = (source_namespace: string, source_name_aggr: string): Row => {
  const ends = { source_ip: '10.0.0.1', source_type: 'wep', dest_ip: '10.0.0.2', dest_type: 'wep', dest_port: 80 }
  const names = { source_namespace, source_name_aggr, dest_namespace: 'b', dest_name_aggr: 'b-*' }
  const times = { start_time: now, end_time: now + 10, action: 'allow', reporter: 'src', proto: 'tcp', num_flows: 1 }
  const read = readRow(flows, { ...times, ...ends, ...names }, now + 1000)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.row
}

let product: Product
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  product = await startProduct({})
  browser = await launch()
  context = await visit(browser)
})

afterAll(async () => {
  await browser?.close()
  await product?.close()
})

async function openLive(path: string, query: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${product.address}${path}?${new URLSearchParams({ live: '1', q: query }).toString()}`)
  return page
}

const publish = (...rows: Row[]) => product.live.publish({ logType: 'flows', provisional: false, rows })
const asked = () => [...product.streams].map(({ subscriptions }) => subscriptions)
const state = (page: Page) => page.locator('section[aria-label=Records]').textContent()
const first = (page: Page) => page.locator('[role=grid] [role=row][data-id]').first().textContent()

describe('the tabs of a browser', () => {
  it('share one stream, get each their own rows, and leave it when they are closed', async () => {
    const one = await openLive('/explore', 'source_namespace: one')
    const two = await openLive('/explore', 'source_namespace: two')
    const graph = await openLive('/graph', 'source_namespace: two')
    await eventually(() =>
      asked()
        .join()
        .match(/source_namespace: (one|two)/g)
        ?.sort(),
    ).toEqual(['source_namespace: one', 'source_namespace: two'])
    expect(product.streams.size).toBe(1)
    await eventually(() => state(one)).toContain(' old')
    await eventually(() => state(two)).toContain(' old')
    publish(row('one', 'for-one'), row('two', 'for-two'))
    await eventually(() => first(one)).toContain('for-one')
    await eventually(() => first(two)).toContain('for-two')
    await graph.close()
    await two.close()
    await eventually(() => asked().join()).not.toContain('source_namespace: two')
    expect(asked()).toEqual([expect.stringContaining('source_namespace: one')])
    await eventually(() => state(one)).toContain(' old')
    publish(row('one', 'for-one-again'))
    await eventually(() => first(one)).toContain('for-one-again')
    await one.goto(`${product.address}/collection`)
    await eventually(() => product.streams.size).toBe(0)
    await one.close()
  })

  it('say that the stream is cut off, and take it up again', async () => {
    const page = await openLive('/explore', 'source_namespace: three')
    await eventually(() => state(page)).toContain(' old')
    const admit = product.refuseStreams()
    await eventually(() => state(page)).toContain('trying again')
    admit()
    await eventually(() => state(page)).toContain(' old')
    expect(product.streams.size).toBe(1)
    publish(row('three', 'after'))
    await eventually(() => first(page)).toContain('after')
    await page.close()
  })

  it.each([
    ['has no shared workers', (page: Page) => page.addInitScript('delete globalThis.SharedWorker')],
    ['cannot load the worker', () => context.route('**/tail-worker-*', (route) => route.abort())],
  ])('have a stream each where the browser %s, and none while they are hidden', async (_, prepare) => {
    const page = await context.newPage()
    await prepare(page)
    await page.goto(`${product.address}/explore?live=1&q=source_namespace%3A%20four`)
    await eventually(() => state(page)).toContain(' old')
    publish(row('four', 'alone'))
    await eventually(() => first(page)).toContain('alone')
    const hide = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`)
    await hide(true)
    await eventually(() => product.streams.size).toBe(0)
    await hide(false)
    await eventually(() => product.streams.size).toBe(1)
    await page.close()
    await eventually(() => product.streams.size).toBe(0)
  })
})

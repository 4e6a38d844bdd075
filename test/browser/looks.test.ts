// Every page and every state of it that a person meets: axe finds nothing, and the page complains of nothing. With
// MARGAY_SCREENSHOTS=DIR each is also kept as a picture to look at.
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axe, launch, open, schemes, visit, type Size } from './browser.ts'
import { startProduct, type Product } from './product.ts'

let product: Product
let browser: Browser

const source = {
  id: 'agent:node-1',
  kind: 'agent' as const,
  host: 'node-1',
  version: '0.1.0',
  state: 'ready' as const,
  says: 'records everything it can',
  lastSeen: 1_793_000_000,
  rowsPerSecond: 21.3,
  rowsTotal: 128_400,
  lost: [],
  collectors: [],
}
const drops = {
  name: 'drops',
  title: 'Drops',
  state: 'failed' as const,
  says: 'reasons of drops need a kernel of 5.17 or later; this is 5.15',
  missingFields: ['drop_reason'],
}
const lost = [{ what: 'records', count: 120, since: 1_793_000_000 }]
const parts = [
  {
    name: 'receiver',
    state: 'ready' as const,
    says: 'takes records',
    ratePerSecond: 418,
    queue: { length: 12, limit: 4096 },
    lost: [],
    figures: { agents: 2 },
  },
  {
    name: 'store',
    state: 'degraded' as const,
    says: 'the engine was started again',
    hint: 'see margay status',
    lost,
    figures: { restarts: 1 },
  },
]
const degraded = {
  ...source,
  id: 'agent:node-7',
  host: 'node-7',
  state: 'degraded' as const,
  lost,
  collectors: [drops],
}

beforeAll(async () => {
  product = await startProduct({ storySeconds: 3900, health: { parts, sources: [source, degraded] } })
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  await product?.close()
})

interface Look {
  readonly name: string
  readonly path: string
  /** What the person does before looking. */
  readonly act?: (page: Page) => Promise<unknown>
  readonly only?: Size
  /** Looked at in dark as well; a test of the theme holds every pair of colours, so one look of each kind is enough. */
  readonly darkToo?: true
}

const row = '[role=grid] [role=row][data-id]'
const looks: readonly Look[] = [
  { name: 'explore', darkToo: true, path: '/explore' },
  {
    name: 'explore-filtered',
    path: '/explore?q=action%3A%20deny&f=~dest_namespace%3A%20payments&f=nop~proto%3A%20udp',
  },
  {
    name: 'record',
    darkToo: true,
    path: '/explore?q=action%3A%20deny',
    act: (page) => page.click(`${row} >> nth=2`, { position: { x: 20, y: 10 } }),
  },
  {
    name: 'record-fields',
    path: '/explore',
    act: async (page) => {
      await page.click(`${row} >> nth=2`, { position: { x: 20, y: 10 } })
      await page.click('[role=tab]:has-text("Fields")')
    },
  },
  {
    name: 'record-json',
    path: '/explore',
    act: async (page) => {
      await page.click(`${row} >> nth=2`, { position: { x: 20, y: 10 } })
      await page.click('[role=tab]:has-text("JSON")')
    },
  },
  { name: 'dns', darkToo: true, path: '/explore?log=dns' },
  { name: 'objects-log', path: '/explore?log=objects' },
  { name: 'policy-activity', path: '/explore?log=policy_activity' },
  { name: 'empty', path: '/explore?q=dest_namespace%3A%20nowhere' },
  { name: 'wrong', path: '/explore?q=action%3A%20deny%20and%20(nspace%3A%20x' },
  { name: 'live', darkToo: true, path: '/explore?live=1' },
  { name: 'collection', darkToo: true, path: '/collection' },
  { name: 'keys', path: '/collection', act: (page) => page.keyboard.press('?') },
  { name: 'palette', path: '/collection', act: (page) => page.keyboard.press('Control+k') },
  { name: 'time', path: '/explore', act: (page) => page.keyboard.press('t') },
  {
    name: 'values',
    path: '/explore',
    act: (page) => page.click('[aria-label=Fields] button:has-text("dest_port")'),
    only: 'desk',
  },
  { name: 'columns', path: '/explore', act: (page) => page.click('button:has-text("columns")') },
  {
    name: 'pill',
    path: '/explore?f=~proto%3A%20tcp',
    act: (page) => page.click('section[aria-label=Filters] [aria-haspopup=menu]'),
  },
  {
    name: 'suggestions',
    path: '/explore',
    act: async (page) => {
      await page.keyboard.press('/')
      await page.keyboard.type('dest_namespace: ')
      await page.waitForSelector('.cm-tooltip-autocomplete')
    },
  },
]

const settleMs = 600

describe.each(['desk', 'phone'] as const)('on a %s', (size) => {
  describe.each(schemes)('in %s', (scheme) => {
    const wanted = ({ only, darkToo }: Look) => (only ?? size) === size && (scheme === 'light' || darkToo)
    it.each(looks.filter(wanted))('$name has no fault', async ({ name, path, act }) => {
      const context = await visit(browser, size, scheme)
      const { page, complaints } = await open(context, product.address + path)
      await act?.(page)
      await page.waitForTimeout(settleMs)
      const dir = process.env.MARGAY_SCREENSHOTS
      if (dir) await page.screenshot({ path: join(dir, `${name}-${size}-${scheme}.png`) })
      const found = await axe(page)
      await context.close()
      expect(found).toEqual([])
      expect(complaints).toEqual([])
    })
  })
})

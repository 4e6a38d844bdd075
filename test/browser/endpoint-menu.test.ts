// The menu of an endpoint, from a cell and from a vertex, by pointer and by key. With MARGAY_SCREENSHOTS=DIR it is also
// kept as a picture to look at.
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { axe, eventually, launch, schemes, visit, type Scheme } from './browser.ts'
import { startProduct, type Product } from './product.ts'

const now = Math.floor(Date.now() / 1000)

const flow = (source: string, dest: string, bytes_in: number) => ({
  start_time: now - 600,
  end_time: now - 590,
  action: 'allow',
  reporter: 'src',
  counts: true,
  proto: 'tcp',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name_aggr: `${source}-*`,
  dest_type: 'wep',
  dest_namespace: 'shop',
  dest_name_aggr: `${dest}-*`,
  dest_port: 80,
  num_flows: 1,
  bytes_in,
})

let product: Product
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  product = await startProduct({ flows: [flow('front', 'cart', 10), flow('cart', 'db', 20), flow('front', 'db', 30)] })
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

async function open(path: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(product.address + path)
  await page.waitForSelector('[role=grid] [role=row][data-id]')
  return page
}

const cell = (page: Page, text: string) => page.locator(`[role=gridcell]:has-text("${text}")`).first()
const menu = (page: Page) => page.getByRole('menu')
const item = (page: Page, name: RegExp) => page.getByRole('menuitem', { name })
const focused = (page: Page) => eventually(() => page.evaluate('document.activeElement.getAttribute("role")'))
const filters = (page: Page) => page.locator('section[aria-label=Filters]').textContent()
const copied = (page: Page) => page.evaluate<string>('navigator.clipboard.readText()')

async function picture(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400)
  const dir = process.env.MARGAY_SCREENSHOTS
  if (dir) await page.screenshot({ path: join(dir, `${name}.png`) })
}

/** The vertex that the arrows reach first, with the focus on it. */
async function focusVertex(page: Page): Promise<void> {
  const list = page.getByRole('listbox', { name: /Vertices of the graph/ })
  await list.waitFor()
  await list.focus()
  await page.keyboard.press('Home')
}

describe('the menu of an endpoint', () => {
  it('opens on a right click in a table and filters by either end', async () => {
    const page = await open('/explore')
    await cell(page, 'cart-').click({ button: 'right' })
    await item(page, /Filter in/).click()
    await eventually(() => page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe('2')
    expect(await filters(page)).toContain('cart-*')
  })

  it('is not there where no endpoint is', async () => {
    const page = await open('/explore')
    await cell(page, 'tcp').click({ button: 'right' })
    expect(await menu(page).count()).toBe(0)
  })

  it('is worked by keys alone: the full stop opens it, arrows and Enter choose, Escape closes it and nothing else', async () => {
    const page = await open('/explore')
    for (const key of ['j', 'Enter']) await page.keyboard.press(key)
    await page.waitForURL(/sel=row/)
    const names = page.locator('[role=columnheader]')
    const column = (await names.allTextContents()).findIndex((text) => /source/i.test(text))
    for (let step = 0; step < column; step++) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('.')
    await menu(page).waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => menu(page).count()).toBe(0)
    expect(page.url()).toContain('sel=row')
    await page.keyboard.press('.')
    await focused(page).toBe('menuitem')
    await page.keyboard.press('f')
    expect(page.url()).not.toContain('f=')
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key)
    await eventually(() => filters(page)).toMatch(/^not/)
  })

  it('shows the endpoint in the graph, selected', async () => {
    const page = await open('/explore')
    await cell(page, 'cart-').click({ button: 'right' })
    await item(page, /Show in graph/).click()
    await page.getByRole('complementary', { name: 'Vertex' }).getByRole('heading', { name: 'cart' }).waitFor()
    expect(new URL(page.url()).searchParams.get('sel')).toBe('vertex:workload/shop/cart-*')
  })

  it('copies the name, and a query that finds the records', async () => {
    const page = await open('/explore')
    await cell(page, 'cart-').click({ button: 'right' })
    await item(page, /Copy the name/).click()
    await eventually(() => copied(page)).toBe('shop / cart')
    await cell(page, 'cart-').click({ button: 'right' })
    await item(page, /Copy the query/).click()
    await eventually(() => copied(page)).toContain('cart-*')
    const query = await copied(page)
    await page.goto(`${product.address}/explore?${new URLSearchParams({ q: query }).toString()}`)
    await eventually(() => page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe('2')
  })

  it('opens on a vertex by the full stop, and leads to its records in Explore', async () => {
    const page = await open('/graph')
    await focusVertex(page)
    await page.keyboard.press('.')
    const name = await page.locator('[role=menu]').textContent()
    expect(name).not.toContain('Show in graph')
    await focused(page).toBe('menuitem')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/explore/)
    await eventually(() => page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe('2')
  })

  it('opens on a right click on a vertex, and gives the focus back', async () => {
    const page = await open('/graph')
    await focusVertex(page)
    await page.keyboard.press('.')
    const target = (await page.locator('button[aria-label^="shop / "]').boundingBox())!
    await page.keyboard.press('Escape')
    await eventually(() => menu(page).count()).toBe(0)
    await focused(page).toBe('listbox')
    await page.mouse.click(target.x, target.y, { button: 'right' })
    await item(page, /Filter in/).click()
    await eventually(() => filters(page)).toContain('shop')
  })

  const places: readonly (readonly [string, string, (page: Page) => Promise<unknown>])[] = [
    ['table', '/explore', (page) => cell(page, 'cart-').click({ button: 'right' })],
    ['graph', '/graph', (page) => focusVertex(page).then(() => page.keyboard.press('.'))],
  ]
  const looks = places.flatMap(([name, path, act]) => schemes.map((scheme) => ({ name, path, act, scheme })))
  it.each<{ name: string; path: string; act: (page: Page) => Promise<unknown>; scheme: Scheme }>(looks)(
    'has no fault in the $name in $scheme',
    async ({ name, path, act, scheme }) => {
      await context.close()
      context = await visit(browser, 'desk', scheme)
      const page = await open(path)
      await act(page)
      await menu(page).waitFor()
      await picture(page, `endpoint-menu-${name}-${scheme}`)
      expect(await axe(page)).toEqual([])
    },
  )
})

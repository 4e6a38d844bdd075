// Somebody at a desk who looks at the installed product: a browser with the size and the habits of one, signed in by a token.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { eventually, launch, limitMs, open, sizes } from '../../browser/browser.ts'
import type { ClusterProduct } from '../product.ts'

export interface Desk {
  /** Opens a page of the console over all that was recorded since the installation. */
  at(path: string, search?: Readonly<Record<string, string>>): Promise<Page>
  /** Keeps a picture, where somebody wants to look at them (`MARGAY_SCREENSHOTS`). */
  picture(page: Page, name: string): Promise<void>
  /** What pages that are closed have complained about, each once: another look finds none of it. */
  takeComplaints(): readonly string[]
  close(): Promise<void>
}

/** Signs in as people do, with the token that they were given. */
async function signIn(context: BrowserContext, { address, token }: ClusterProduct): Promise<void> {
  const page = await context.newPage()
  await page.goto(address)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForSelector('header .cm-content')
  await page.close()
}

export async function sitDown(product: ClusterProduct): Promise<Desk> {
  const browser: Browser = await launch()
  // The authority is the chart's own and in no browser; that it signed the certificate is shown elsewhere.
  const context = await browser.newContext({
    viewport: sizes.desk,
    ignoreHTTPSErrors: true,
    timezoneId: 'Europe/Madrid',
  })
  context.setDefaultTimeout(limitMs)
  await signIn(context, product)
  const complaints: string[] = []
  return {
    takeComplaints: () => complaints.splice(0),
    async at(path, search = {}) {
      const from = new Date(product.installedAt).toISOString()
      const to = new Date(Math.ceil(Date.now() / 1000) * 1000).toISOString()
      const query = new URLSearchParams({ from, to, ...search }).toString()
      const opened = await open(context, `${product.address}${path}?${query}`)
      opened.page.once('close', () => complaints.push(...opened.complaints))
      return opened.page
    },
    async picture(page, name) {
      const dir = process.env.MARGAY_SCREENSHOTS
      if (dir === undefined) return
      mkdirSync(dir, { recursive: true })
      await page.screenshot({ path: join(dir, `${name}.png`) })
    },
    close: () => browser.close(),
  }
}

/** The text of an element as people read it. */
export const words = async (locator: Locator): Promise<string> =>
  (await locator.innerText()).replaceAll(/\s+/g, ' ').trim()

export const rowsIn = (page: Page): Locator => page.locator('[role=grid] [role=row][data-id]')

/** Opens the first record of a table and returns its panel. */
export async function openFirst(page: Page): Promise<Locator> {
  await rowsIn(page)
    .first()
    .click({ position: { x: 20, y: 10 } })
  return page.locator('aside[aria-label^="Record"]')
}

/** The number on a tab, once it is the one that is wanted. */
export const tabShows = (page: Page, tab: string, count: number) =>
  eventually(() => page.getByRole('tab', { name: new RegExp(`^${tab} [\\d,]+ records?$`) }).innerText()).toMatch(
    new RegExp(`^${tab}\\s+${count.toLocaleString('en')} records?$`),
  )

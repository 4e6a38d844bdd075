// Debian's Chromium as a person uses it: contexts with a scheme and a size, and axe.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect } from 'vitest'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.MARGAY_CHROMIUM ?? '/usr/bin/chromium', args: flags })

export const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const
export type Size = keyof typeof sizes
export const schemes = ['light', 'dark'] as const
export type Scheme = (typeof schemes)[number]

/** For a machine that is busy with other things: with sixty of them at once, pages took up to a minute. */
export const limitMs = 120_000

/** Waits for what a page comes to show. */
export const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: limitMs, interval: 100 })

/** A fresh person: own storage, own clipboard. */
export async function visit(
  browser: Browser,
  size: Size = 'desk',
  colorScheme: Scheme = 'light',
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme,
    timezoneId: 'Europe/Madrid',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(limitMs)
  return context
}

/** Opens an address and waits until its page shows something; what it complains about is collected. */
export async function open(context: BrowserContext, address: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !isOfTheMachine(message.text())) complaints.push(message.text())
  })
  await page.goto(address)
  await page.waitForSelector('header .cm-content')
  await page.waitForSelector('main [role=row][data-id], main h1, main h2')
  return { page, complaints }
}

/** Somebody made or removed a network interface: Chromium then breaks off what is under way, and pages ask again. */
const isOfTheMachine = (text: string) => text.includes('net::ERR_NETWORK_CHANGED')

interface AxeResult {
  readonly violations: readonly {
    id: string
    nodes: readonly { target: readonly string[]; failureSummary: string }[]
  }[]
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds by WCAG 2.2 A and AA, one line a place. */
export async function axe(page: Page): Promise<readonly string[]> {
  await page.evaluate(await axeSource)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  // An open menu stands beside the page's landmarks, as menus do; everything else is in one.
  const rules = { region: { enabled: false } }
  const options = JSON.stringify({ runOnly: { type: 'tag', values: tags }, rules })
  const { violations } = await page.evaluate<AxeResult>(`axe.run(document, ${options})`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  )
}

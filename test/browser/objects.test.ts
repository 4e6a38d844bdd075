// The cluster's objects in the console, on the demo as people start it: endpoints, nodes and network sets; why a flow is
// denied; changes on the ribbon; where a workload goes outside. Everything is read from a real server and its store.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { axe, eventually, launch, open, schemes, sizes, visit, type Scheme, type Size } from './browser.ts'
import { startServer, type ServerProcess } from './server-process.ts'

let server: ServerProcess
let browser: Browser
let context: BrowserContext

/** Beside the demo's own pods, more than anybody would draw at once. */
const crowd = 5000
const crowdYaml = (dir: string) =>
  writeFile(
    join(dir, 'crowd.yaml'),
    Array.from({ length: crowd }, (_, at) => {
      const metadata = { name: `crowd-${String(at).padStart(4, '0')}`, namespace: 'crowd', uid: `crowd-${at}` }
      const ip = `10.${100 + Math.floor(at / 65_000)}.${Math.floor(at / 250)}.${(at % 250) + 1}`
      const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] }
      return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'node-1' }, status })
    }).join('\n---\n'),
  )

let inventory: string

/** Ten times what a loaded machine took. */
const startMs = 300_000

beforeAll(async () => {
  inventory = await mkdtemp(join(tmpdir(), 'margay-objects-'))
  await crowdYaml(inventory)
  server = await startServer(['--demo', '--inventory', inventory])
  browser = await launch()
  const wait = { timeout: startMs, interval: 500 }
  await vi.waitFor(async () => expect(await endpointsKnown()).toBeGreaterThan(crowd), wait)
  await vi.waitFor(async () => expect(await flowsKnown()).toBeGreaterThan(0), wait)
}, startMs)

afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rm(inventory, { recursive: true, force: true })
})

beforeEach(async () => {
  context = await visit(browser)
})

afterEach(() => context.close())

async function endpointsKnown(): Promise<number> {
  const response = await fetch(`${server.address}/api/v1/endpoints?limit=1`)
  return ((await response.json()) as { total: number }).total
}

const unixNow = () => Math.floor(Date.now() / 1000)

/** How many records a query finds in the demo's last hour, as the server counts them. */
async function countRecords(query: string): Promise<number> {
  const body = {
    logType: 'flows',
    range: { from: { ago: 3600 }, to: { ago: 0 } },
    query,
    select: { kind: 'groups', by: [], measures: { rows: { rows: true } }, limit: 1 },
  }
  const response = await fetch(`${server.address}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { answer } = (await response.json()) as { answer: { groups: { measures: { rows: number } }[] } }
  return answer.groups[0]?.measures.rows ?? 0
}

/** The record that comes last of what the demo tells first. */
const flowsKnown = () => countRecords('source_namespace: shop and action: deny')

const at = async (path: string, search: Record<string, string> = {}): Promise<Page> =>
  (await open(context, `${server.address}${path}?${new URLSearchParams(search).toString()}`)).page

const rows = (page: Page) => page.locator('[role=grid] [role=row][data-id]')
const rowOf = (page: Page, name: string) => page.locator(`[role=grid] [role=row][data-id$="/${name}"]`)
const words = async (locator: Locator) => (await locator.innerText()).replaceAll(/\s+/g, ' ').trim()
const heading = (page: Page) => page.locator('main h1')

describe('endpoints', () => {
  it('say first what there is, what is open and what was denied', async () => {
    const page = await at('/endpoints')
    await eventually(() => heading(page).innerText()).toMatch(
      /^5,041 endpoints: [\d,]+ that no policy covers, \d+ had traffic denied$/,
    )
  })

  it('are drawn as far as they are seen, however many there are', async () => {
    const page = await at('/endpoints', { ns: 'crowd' })
    await rows(page).first().waitFor()
    const grid = page.getByRole('grid', { name: 'Endpoints' })
    await eventually(() => grid.getAttribute('aria-rowcount')).toBe(String(crowd + 1))
    expect(await rows(page).count()).toBeLessThan(120)
    await grid.focus()
    // Each look at the end reads the next page, until the last one is there.
    await eventually(async () => {
      await grid.evaluate((element) => element.parentElement?.scrollTo({ top: element.scrollHeight }))
      return rowOf(page, 'crowd-4999').count()
    }).toBe(1)
    expect(await rows(page).count()).toBeLessThan(120)
  })

  it('mark what is open and what was denied by word and shape', async () => {
    const page = await at('/endpoints', { ns: 'payments' })
    await eventually(() => rows(page).count()).toBe(4)
    expect(await words(rows(page).first())).toMatch(/● covered ✕ \d+/)
    const open = await at('/endpoints', { name: 'node-exporter', ns: 'monitoring' })
    await eventually(() => rows(open).count()).toBe(8)
    expect(await words(rows(open).first())).toContain('○ open')
  })

  it('show policies in the order in which they are asked', async () => {
    const page = await at('/endpoints', { name: 'payments-', ns: 'payments' })
    await rows(page).first().waitFor()
    const cell = rows(page).first().locator('[role=gridcell]').nth(7)
    expect(await words(cell)).toMatch(/^1 no-metadata 2 allow-dns 3 scrape 4 payments-/)
  })

  it.each([
    ['a switch', async (page: Page) => page.getByRole('button', { name: 'With denied traffic' }).click(), 'denied=1'],
    [
      'a typed name',
      async (page: Page) => page.getByLabel('Name', { exact: true }).fill('payments-'),
      'name=payments-',
    ],
    ['a label selector', async (page: Page) => page.getByLabel('Label selector').fill('app in (payments)'), 'labels='],
  ])('are narrowed by %s, and the address says so', async (_, act, said) => {
    const page = await at('/endpoints', { ns: 'payments' })
    await eventually(() => rows(page).count()).toBe(4)
    await act(page)
    await eventually(() => page.url()).toContain(said)
    await eventually(() => heading(page).innerText()).toContain('endpoints:')
    await page.getByRole('button', { name: 'Clear' }).click()
    await eventually(() => page.url()).not.toContain(said)
  })

  it.each([
    ['Policy name', 'nix', 'Policy "nix" is none of the cluster of that moment'],
    ['Label selector', 'app in (payments', '")" is missing behind "app in (payments"'],
  ])('stay beside a mark on the field where %s cannot be asked by', async (label, text, said) => {
    const page = await at('/endpoints', { ns: 'payments' })
    await eventually(() => heading(page).innerText()).toContain('endpoints:')
    const field = page.getByLabel(label, { exact: true })
    await field.fill(text)
    await field.press('Enter')
    await page.getByRole('alert').filter({ hasText: said }).waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await rows(page).count()).toBe(4)
    expect(await heading(page).innerText()).toContain('endpoints:')
    await page.getByRole('button', { name: 'Clear' }).click()
    await eventually(() => field.getAttribute('aria-invalid')).toBe('false')
  })

  it('are narrowed to a policy that the field completes', async () => {
    const page = await at('/endpoints', { ns: 'payments' })
    await eventually(() => rows(page).count()).toBe(4)
    const field = page.getByLabel('Policy name', { exact: true })
    const id = (await field.getAttribute('list')) ?? ''
    const choices = page.locator(`[id="${id}"] option`)
    const names = await choices.evaluateAll((options) => options.map((option) => option.getAttribute('value')))
    expect(names).toContain('payments/app.payments-ingress')
    await field.fill('payments/app.payments-ingress')
    await eventually(() => rows(page).count()).toBe(2)
  })

  it('of a moment before any is known lead to the first that is', async () => {
    const page = await at('/endpoints', { from: '1790000000', to: '1790003600' })
    await page.getByText('It was 2026-09-21 17:13:20; objects of the cluster are known since 20').waitFor()
    await page.getByRole('button', { name: 'The first time that is known' }).click()
    await rows(page).first().waitFor()
    await page.getByText('as they were at').waitFor()
  })

  it('say what to do where nothing matches', async () => {
    const page = await at('/endpoints', { name: 'nobody' })
    await page.getByRole('heading', { name: 'None matches' }).waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await rows(page).first().waitFor()
  })

  it('open their records by key, with a filter that can be taken away', async () => {
    const page = await at('/endpoints', { ns: 'payments', name: 'payments-' })
    await eventually(() => rows(page).count()).toBe(2)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await eventually(() => new URL(page.url()).pathname).toBe('/explore')
    const kql = new URL(page.url()).searchParams.get('f') ?? ''
    expect(kql).toContain('source_namespace: "payments"')
    await rows(page).first().waitFor()
    expect(await rows(page).first().innerText()).toContain('payments-')
  })

  it('are as they were at the end of a time that is over', async () => {
    const to = new Date((unixNow() - 1800) * 1000).toISOString()
    const page = await at('/endpoints', { from: new Date((unixNow() - 5400) * 1000).toISOString(), to })
    await page.getByText('as they were at').waitFor()
  })

  it('are two lines each on a phone', async () => {
    const phone = await visit(browser, 'phone')
    const { page } = await open(phone, `${server.address}/endpoints?ns=payments`)
    await eventually(() => rows(page).count()).toBe(4)
    expect(await rows(page).first().innerText()).toMatch(/payments/)
    const box = (await rows(page).first().boundingBox())!
    expect(box.width).toBeLessThanOrEqual(sizes.phone.width)
    await phone.close()
  })
})

/** Texts of cells that have too little room. */
const cutTexts = (page: Page) =>
  page
    .getByRole('gridcell')
    .evaluateAll((cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent))

describe('nodes and network sets', () => {
  it('are reached by their keys', async () => {
    const page = await at('/endpoints')
    await page.keyboard.press('g')
    await page.keyboard.press('n')
    await eventually(() => heading(page).innerText()).toMatch(/^8 nodes: /)
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await eventually(() => heading(page).innerText()).toMatch(/^3 network sets: /)
  })

  it('count the records of a network set, and open them', async () => {
    const page = await at('/network-sets')
    const set = rowOf(page, 'card-apis')
    await eventually(() => set.locator('[role=gridcell]').last().innerText()).toMatch(/^[1-9][\d,]*$/)
    await set.click()
    await eventually(() => new URL(page.url()).searchParams.get('f')).toContain('dest_domains: "api.stripe.com"')
    await rows(page).first().waitFor()
  })

  it('show what goes in and out of a node, and open what it reported', async () => {
    const page = await at('/nodes')
    const node = page.locator('[role=grid] [role=row][data-id="node-5"]')
    await eventually(() => words(node)).toMatch(/✕ [\d.]+ \/(min|h|s)/)
    expect(await cutTexts(page)).toEqual([])
    await node.click()
    await eventually(() => new URL(page.url()).searchParams.get('f')).toContain('host: "node-5"')
    await rows(page).first().waitFor()
  })
})

const denied = 'workload/shop/checkout-7d9f8b6c54-* > workload/payments/payments-84c6b7f9d5-*'

describe('why', () => {
  it('is told in sentences, with the rule that is nearest and what would admit the flow', async () => {
    const page = await at('/graph', { sel: `edge:${denied}` })
    const why = page.getByRole('region', { name: 'Why' })
    await why.getByText('No rule matches, the end of tier app denies').waitFor()
    const text = await why.innerText()
    expect(text).toMatch(/Rule 0 wants role = web, shop\/checkout\S* carries role = api/)
    expect(text).toMatch(/To admit it: set label role = web on pod shop\/checkout/)
    expect(text).toContain('Observed')
    expect(text).toContain('Evaluation agrees.')
  })

  it('stands in a record too, and e goes to it', async () => {
    const page = await at('/explore', { q: 'action: deny and dest_namespace: payments and source_namespace: shop' })
    await rows(page)
      .first()
      .click({ position: { x: 20, y: 10 } })
    const why = page.getByRole('region', { name: 'Why' })
    await why.getByText('To admit it:').waitFor()
    await page.keyboard.press('e')
    await eventually(() => why.evaluate((element) => element.matches(':focus'))).toBe(true)
  })

  it('says which change a denial follows, by the number on the ribbon', async () => {
    const page = await at('/graph', { sel: `edge:${denied}` })
    const mark = page.getByRole('button', { name: /^Changes? [\d–+]+: .*payments-ingress/ })
    await mark.waitFor()
    const number = (await mark.innerText()).trim()
    await page.getByText(`It follows ${number} on the ribbon: policy payments/app.payments-ingress`).waitFor()
  })
})

describe('changes on the ribbon', () => {
  it('are listed under the numbers of their marks, and lead to the time around them', async () => {
    const page = await at('/explore')
    await page.getByRole('button', { name: /^Change \d+: rollout of data\/redis/ }).click()
    const list = page.getByRole('dialog', { name: /^Changes? / })
    const item = list.getByRole('listitem').filter({ hasText: 'ollout of data/redis' })
    await item.getByRole('button', { name: 'Before and after' }).click()
    await eventually(() => new URL(page.url()).searchParams.get('from')).toMatch(/^\d{4}-/)
    await page.getByRole('button', { name: /^Change 1: rollout of data\/redis/ }).waitFor()
  })
})

describe('both ends of the demo’s failures', () => {
  const workload = (name: string) => `workload/${name}`
  it.each([
    [
      'shop/catalog-9f4c7bd685-*',
      'shop/search-66b8f5d49c-*',
      /nobody listens on tcp 9200 there|never reached shop\/search/,
    ],
    ['shop/checkout-7d9f8b6c54-*', 'shop/orders-6b5c97d8f6-*', /Slow: the handshake took 1\.0 s/],
    ['shop/checkout-7d9f8b6c54-*', 'payments/payments-84c6b7f9d5-*', /Denied on arrival at payments\/payments/],
  ])('of %s to %s are one sentence in the panel', async (source, dest, sentence) => {
    const page = await at('/graph', { sel: `edge:${workload(source)} > ${workload(dest)}` })
    const ends = page.getByRole('region', { name: 'Both ends' })
    await eventually(() => ends.innerText()).toMatch(sentence)
  })

  it('are one sentence in the panel of a record, with what each end saw', async () => {
    const page = await at('/explore', { q: 'outcome: refused and reporter: dst' })
    await rows(page)
      .first()
      .click({ position: { x: 20, y: 10 } })
    const ends = page.getByRole('region', { name: 'Both ends' })
    await eventually(() => ends.innerText()).toMatch(/nobody listens on tcp 9200 there/)
    expect(await ends.innerText()).toMatch(/Source on node-\d.*Destination on node-\d/s)
  })
})

describe('names that are asked for', () => {
  const dns = 'workload/kube-system/coredns-76f75df574-*'
  it('stand under the server that answered them', async () => {
    const page = await at('/graph', { sel: `vertex:${dns}`, tab: 'dns' })
    await page.getByRole('tab', { name: /^DNS [1-9][\d,]* records?$/ }).waitFor()
    await rows(page).first().waitFor()
  })

  it('are not known, and said to be so, where the services of the server cannot be found out', async () => {
    const problem = { status: 503, code: 'busy', detail: 'too many questions at once', hint: 'ask again in a moment' }
    const body = JSON.stringify({ type: 'about:blank', title: 'Busy', ...problem })
    await context.route('**/api/v1/query*', (route) =>
      route.request().postData()?.includes('dest_service_name')
        ? route.fulfill({ status: 503, contentType: 'application/problem+json', body })
        : route.continue(),
    )
    const page = await at('/graph', { sel: `vertex:${dns}`, tab: 'dns' })
    const records = page.getByRole('tabpanel', { name: 'DNS' })
    await eventually(() => records.innerText()).toMatch(/Too many questions at once\s+Ask again in a moment\./)
    await page.getByRole('tab', { name: 'DNS –' }).waitFor()
  })

  it('and were denied are an edge of their own on port 53', async () => {
    const page = await at('/graph', {
      as: 'list',
      q: 'dest_port: 53 and source_namespace: data',
      sel: `edge:workload/data/postgres-* > ${dns}`,
    })
    const panel = page.getByRole('complementary', { name: 'Edge' })
    await panel.getByText('✕ denied at source').first().waitFor()
    await panel.getByText('tcp 53').first().waitFor()
    await page.getByRole('row', { name: /^postgres coredns ✕ source/ }).waitFor()
  })
})

describe('outside of the cluster', () => {
  const egress = 'workload/shop/cart-5c44d8f7b9-* > network/dest/pub'
  const filter =
    'source_type: wep and source_namespace: shop and source_name_aggr: "cart-5c44d8f7b9-*" and dest_type: net and dest_name_aggr: pub'

  it('is a list in the panel of a workload, and each leads to the records to there', async () => {
    const page = await at('/graph', { sel: 'vertex:workload/shop/cart-5c44d8f7b9-*' })
    const panel = page.getByRole('complementary', { name: 'Vertex' })
    const outside = panel.locator('section', { has: page.getByRole('heading', { name: 'Outside of the cluster' }) })
    await outside.getByRole('button', { name: 'Internet' }).click()
    await eventually(() => new URL(page.url()).searchParams.get('sel')).toBe(`edge:${egress}`)
    const shown = page.getByRole('tab', { name: /^All flows [\d,]+ records?$/ })
    // The demo goes on, and the page's hour with it: what the server counts before and after is around what the page shows.
    await eventually(async () => {
      const before = await countRecords(filter)
      const count = Number((await shown.innerText()).replaceAll(/\D/g, ''))
      return before > 0 && Math.abs(count - before) <= 3
    }).toBe(true)
  })

  it('gives the names that were reached as a network set', async () => {
    const page = await at('/graph', { sel: 'edge:workload/payments/payments-84c6b7f9d5-* > network/dest/pub' })
    await page.getByRole('button', { name: 'Copy as a network set' }).click()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).toContain('kind: GlobalNetworkSet')
    expect(copied).toContain('- "api.stripe.com"')
  })
})

describe('services', () => {
  it('are vertices whose edges have the records of their workloads', async () => {
    const service = 'service/payments/payments'
    const page = await at('/graph', { level: 'service', as: 'list', sel: `edge:service/shop/checkout > ${service}` })
    const shown = page.getByRole('tab', { name: /^All flows [1-9][\d,]* records?$/ })
    await shown.waitFor()
    const row = page.getByRole('row', { name: /^checkout payments / })
    await row.waitFor()
    const panel = page.getByRole('complementary', { name: 'Edge' })
    await panel.getByText('tcp 8443').first().waitFor()
  })
})

interface Look {
  readonly name: string
  readonly path: string
  readonly ready: (page: Page) => Promise<unknown>
  /** Looked at in dark as well; a test of the theme holds every pair of colours. */
  readonly darkToo?: true
}

const looks: readonly Look[] = [
  { name: 'endpoints', darkToo: true, path: '/endpoints?ns=payments', ready: (page) => rows(page).first().waitFor() },
  { name: 'nodes', path: '/nodes', ready: (page) => rows(page).first().waitFor() },
  { name: 'network-sets', path: '/network-sets', ready: (page) => rows(page).first().waitFor() },
  { name: 'endpoints-none', path: '/endpoints?name=nobody', ready: (page) => page.getByText('None matches').waitFor() },
  {
    name: 'why',
    darkToo: true,
    path: `/graph?${new URLSearchParams({ sel: `edge:${denied}` }).toString()}`,
    ready: (page) => page.getByText('To admit it:').waitFor(),
  },
  {
    name: 'changes',
    path: '/collection',
    ready: async (page) => {
      await page
        .getByRole('button', { name: /^Changes? [\d–+]+: / })
        .first()
        .click()
      await page.getByRole('dialog', { name: /^Changes? / }).waitFor()
    },
  },
]

interface Case extends Look {
  readonly size: Size
  readonly scheme: Scheme
}

const cases = (['desk', 'phone'] as const).flatMap((size) =>
  schemes.flatMap((scheme) =>
    looks
      .filter(({ darkToo }) => scheme === 'light' || (darkToo && size === 'desk'))
      .map((look): Case => ({ ...look, size, scheme })),
  ),
)

describe('looked at', () => {
  it.each(cases)('$name on a $size in $scheme has no fault', async ({ name, path, ready, size, scheme }) => {
    const person = await visit(browser, size, scheme)
    const { page, complaints } = await open(person, server.address + path)
    await ready(page)
    const dir = process.env.MARGAY_SCREENSHOTS
    if (dir) await page.screenshot({ path: join(dir, `${name}-${size}-${scheme}.png`) })
    const found = await axe(page)
    await person.close()
    expect(found).toEqual([])
    expect(complaints).toEqual([])
  })
})

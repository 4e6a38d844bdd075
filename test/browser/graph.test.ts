// The service graph in a real browser, against the real server: who talks to whom, what is refused, and that drawing,
// twins, panel and table tell one story. Records come in by the second door, as published.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually, limitMs } from './browser.ts'
import { startServer, type ServerProcess } from './server-process.ts'

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

let server: ServerProcess
let browser: Browser
const pages: Page[] = []

const start = Math.floor(Date.now() / 1000) - 600

/** A published record from one workload to another, `dev/client` to `prod/db`. */
function record(source: string, dest: string, more: object = {}): object {
  const [sourceNamespace, sourceName] = source.split('/')
  const [destNamespace, destName] = dest.split('/')
  return {
    start_time: start,
    end_time: start + 15,
    action: 'allow',
    reporter: 'src',
    proto: 'tcp',
    source_ip: '10.77.0.1',
    source_type: 'wep',
    source_namespace: sourceNamespace,
    source_name: `${sourceName}-1`,
    source_name_aggr: `${sourceName}-*`,
    dest_ip: '10.77.0.2',
    dest_port: 80,
    dest_type: 'wep',
    dest_namespace: destNamespace,
    dest_name: `${destName}-1`,
    dest_name_aggr: `${destName}-*`,
    dest_service_name: '-',
    process_name: 'curl',
    process_id: '4711',
    num_flows: 1,
    num_flows_started: 1,
    num_flows_completed: 1,
    bytes_in: 1000,
    bytes_out: 200,
    packets_in: 5,
    packets_out: 4,
    ...more,
  }
}

const trace = (text: string) => ({ enforced_policies: [text], pending_policies: [text], all_policies: [text] })
const nothingBack = { bytes_in: 0, packets_in: 0 }

/** AT-1: denied at the source, denied at the destination, allowed. */
const denials = [
  record('dev/client', 'prod/db', {
    ...nothingBack,
    action: 'deny',
    dest_port: 5432,
    policies: trace('0|security|dev/security.egress|deny|0'),
  }),
  record('dev/client', 'prod/api', { ...nothingBack, dest_port: 443, num_flows: 3 }),
  record('dev/client', 'prod/api', {
    reporter: 'dst',
    action: 'deny',
    dest_port: 443,
    num_flows: 3,
    bytes_in: 200,
    bytes_out: 0,
    packets_in: 4,
    packets_out: 0,
    process_name: 'nginx',
    process_id: '77',
    policies: trace('1|app|prod/app.api|deny|-1'),
  }),
]
const allowed = [
  record('dev/client', 'prod/web', { num_flows: 7, bytes_in: 900_000, bytes_out: 4000 }),
  record('dev/client', 'prod/web', {
    reporter: 'dst',
    num_flows: 7,
    bytes_in: 4000,
    bytes_out: 900_001,
    process_name: 'nginx',
    process_id: '88',
  }),
]

/** F4: equal names in two namespaces and of several kinds, and a name that looks like a query. */
const named = [
  record('a/same', 'b/same'),
  record('a/same', 'b/x', { dest_type: 'ns', dest_namespace: '-', dest_name: 'same', dest_name_aggr: 'same' }),
  record('a/same', 'b/x', { dest_type: 'hep', dest_namespace: '-', dest_name: 'same', dest_name_aggr: 'same' }),
  record('a/same', 'b/x', { dest_type: 'net', dest_namespace: '-', dest_name: '-', dest_name_aggr: 'pub' }),
  record('a/same', 'b/say "hi" or (x)'),
]

/** An outage: what a service that is away does to its callers, with no policy in it. */
const outage = [
  record('away/caller', 'away/callee', { outcome: 'established', num_flows: 2 }),
  record('away/caller', 'away/callee', { ...nothingBack, outcome: 'refused', num_flows: 3 }),
  record('away/caller', 'away/callee', { ...nothingBack, outcome: 'unanswered', num_flows: 1 }),
]

beforeAll(async () => {
  server = await startServer()
  await server.ingest('flows', [...denials, ...allowed, ...named, ...outage])
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
})

afterAll(async () => {
  await browser.close()
  await server.close()
})

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.context().close()))
})

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(limitMs)
  const page = await context.newPage()
  pages.push(page)
  page.on('pageerror', (error) => {
    throw error
  })
  await page.goto(server.address + path)
  await page.getByRole('tab', { name: /All flows \d/ }).waitFor()
  return page
}

const edge = (source: string, dest: string) => `workload/${source} > workload/${dest}`
const at = (search: Record<string, string>) => `/graph?${new URLSearchParams(search).toString()}`
const selected = (id: string, more: Record<string, string> = {}) => at({ sel: `edge:${id}`, ...more })
const panel = (page: Page, label = 'Edge') => page.getByRole('complementary', { name: label })
const count = async (page: Page, tab: string) => {
  const text = await page.getByRole('tab', { name: new RegExp(`^${tab} [\\d,]+ records?$`) }).textContent()
  return Number(text?.replace(/\D/g, ''))
}
const listRow = (page: Page, source: string, dest: string) =>
  page.getByRole('row', { name: new RegExp(`^${source} ${dest} `) })

interface Places {
  readonly places: readonly (readonly [id: string, x: number, y: number, pinned: number])[]
  readonly camera: { readonly x: number; readonly y: number; readonly zoom: number }
}

/** Where vertices stand, as the page remembers it, and where that is on the screen. */
async function places(page: Page) {
  await page.waitForFunction(() => localStorage.getItem('margay.graph.places.auto')?.includes('"camera"'))
  const stored = JSON.parse((await page.evaluate(() => localStorage.getItem('margay.graph.places.auto')))!) as Places
  const box = (await page.getByTestId('graph-canvas').boundingBox())!
  const byId = new Map(stored.places.map(([id, x, y]) => [id, { x, y }]))
  const screen = (id: string, dx = 20, dy = 12) => {
    const { x, y } = byId.get(id)!
    const { camera } = stored
    return { x: box.x + (x + dx) * camera.zoom + camera.x, y: box.y + (y + dy) * camera.zoom + camera.y }
  }
  return { byId, screen, camera: stored.camera }
}

const showAll = (page: Page) => page.getByRole('button', { name: 'Show all' }).click()

describe('an edge', () => {
  it('says how its connections went, where some did not get through', async () => {
    const page = await open(at({ sel: `edge:${edge('away/caller-*', 'away/callee-*')}` }))
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'How they went' }) })
    await section.waitFor()
    const text = (await section.innerText()).replaceAll(/\s+/g, ' ')
    expect(text).toContain('4 of 6 connections did not get through.')
    expect(text).toMatch(/refused .* 3 established 2 unanswered .* 1$/)
  })
})

describe('denied flows', () => {
  it('are edges of their own looks, and the denied tab counts the records', async () => {
    const page = await open(at({ as: 'list', q: 'source_namespace: dev' }))
    await eventually(() => listRow(page, 'client', 'db').textContent()).toContain('✕ source')
    expect(await listRow(page, 'client', 'api').textContent()).toContain('✕ destination')
    expect(await listRow(page, 'client', 'web').textContent()).toContain('allow')
    expect(await count(page, 'Denied')).toBe(2)
  })

  it('say why, in the words of the stored trace', async () => {
    const page = await open(selected(edge('dev/client-*', 'prod/api-*')))
    const aside = panel(page)
    await aside.getByText('tier app, policy api, no rule matched, tier default').first().waitFor()
    expect(await aside.textContent()).toContain('✕ denied at destination')
    expect(await aside.textContent()).toContain('Egress from client is allowed')
    expect(await count(page, 'Denied')).toBe(1)
  })

  it('show packets and bytes under the pointer, denied at destination apart', async () => {
    const page = await open('/graph')
    await showAll(page)
    const { screen } = await places(page)
    const point = screen('workload/prod/api-*')
    await page.mouse.move(point.x, point.y)
    const tip = page.getByRole('tooltip')
    await tip.getByText('Denied at destination').waitFor()
    expect(await tip.textContent()).toContain('3 connections · 4 packets · 200 B sent · 0 B received')
  })
})

describe('totals', () => {
  it('of edge, panel and table are one, whatever both reporters say and whatever is open', async () => {
    const id = edge('dev/client-*', 'prod/web-*')
    const page = await open(selected(id))
    const aside = panel(page)
    await aside.getByRole('row', { name: /Allowed 7 / }).waitFor()
    expect(await aside.getByRole('row', { name: /Allowed/ }).textContent()).toContain('4 kB900 kB')
    await page.getByText('counted once: 7 connections, 904 kB').waitFor()
    for (const level of ['namespace', 'workload', 'pod']) {
      await page.goto(server.address + at({ level, q: 'source_namespace: dev' }))
      await page.getByText('counted once: 11 connections').waitFor()
      await page
        .getByRole('complementary', { name: 'Overview' })
        .getByRole('row', { name: /Total 11/ })
        .waitFor()
    }
  })
})

describe('an edge', () => {
  it('tells protocols, ports and the processes of each side with their pids', async () => {
    const page = await open(selected(edge('dev/client-*', 'prod/web-*')))
    const aside = panel(page)
    await aside.getByText('Processes at the source').waitFor()
    await aside.getByText('Processes at the destination').waitFor()
    const text = await aside.textContent()
    expect(text).toContain('tcp 80')
    expect(text).toContain('curl pid 4711')
    expect(text).toContain('nginx pid 88')
    expect(await count(page, 'All flows')).toBe(2)
  })

  it('opens its records in Explore', async () => {
    const page = await open(selected(edge('dev/client-*', 'prod/web-*')))
    await panel(page).getByRole('link', { name: 'Open in Explore' }).click()
    await page.waitForURL(/\/explore/)
    expect(decodeURIComponent(page.url())).toContain('source_name_aggr')
  })
})

describe('different things under one name', () => {
  it.each([
    ['workload/b/same-*', 1],
    ['set//same', 1],
    ['host/same', 1],
    ['network/dest/pub', 1],
    ['workload/a/same-*', 5],
    ['workload/b/say%20%22hi%22%20or%20(x)-*', 1],
  ])('are separate: %s has its own records', async (id, records) => {
    const page = await open(at({ sel: `vertex:${id}` }))
    await eventually(() => count(page, 'All flows')).toBe(records)
    await panel(page, 'Vertex')
      .getByText(/connection/)
      .first()
      .waitFor()
  })
})

describe('places', () => {
  it('of dragged vertices and the zoom stay when others come, and no two vertices overlap', async () => {
    const page = await open('/graph')
    await showAll(page)
    const before = await places(page)
    const from = before.screen('workload/dev/client-*')
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(from.x + 30, from.y + 90, { steps: 4 })
    await page.mouse.up()
    await page.mouse.wheel(0, -120)
    await eventually(async () => (await places(page)).camera.zoom).not.toBe(before.camera.zoom)
    const dragged = await places(page)
    expect(dragged.byId.get('workload/dev/client-*')).not.toEqual(before.byId.get('workload/dev/client-*'))
    await server.ingest('flows', [record('dev/newcomer', 'prod/web')])
    await page.getByRole('button', { name: /Ask again/ }).click()
    await eventually(async () => (await places(page)).byId.has('workload/dev/newcomer-*')).toBe(true)
    await page.reload()
    await page.getByRole('tab', { name: /All flows \d/ }).waitFor()
    const after = await places(page)
    expect(after.camera).toEqual(dragged.camera)
    const vertices = (all: typeof after.byId) => [...all].filter(([id]) => id.startsWith('workload/'))
    for (const [id, place] of vertices(dragged.byId)) expect(after.byId.get(id)).toEqual(place)
    const stand = vertices(after.byId)
    for (const [id, a] of stand) {
      for (const [other, b] of stand) {
        if (id !== other) expect(Math.abs(a.x - b.x) >= 92 || Math.abs(a.y - b.y) >= 40, `${id} on ${other}`).toBe(true)
      }
    }
  })
})

describe('live', () => {
  it('brings a new edge without a reload and moves nothing', async () => {
    const page = await open('/graph?live=1')
    await showAll(page)
    const before = await places(page)
    const now = Math.floor(Date.now() / 1000)
    await server.ingest('flows', [record('dev/live', 'prod/web', { start_time: now - 5, end_time: now })])
    await eventually(async () => (await places(page)).byId.has('workload/dev/live-*')).toBe(true)
    const after = await places(page)
    for (const [id, place] of before.byId) if (id.startsWith('workload/')) expect(after.byId.get(id)).toEqual(place)
    expect(after.camera).toEqual(before.camera)
  })
})

describe('the address', () => {
  it('holds level, width, selection and what is open, and Back undoes one step', async () => {
    const page = await open(at({ level: 'namespace', width: 'connections' }))
    await page.waitForFunction(() => localStorage.getItem('margay.graph.places.namespace') !== null)
    await page.getByLabel('Find a vertex by name').fill('web')
    await page.getByLabel('Find a vertex by name').press('Enter')
    await page.waitForURL(/sel=vertex/)
    const other = await open(new URL(page.url()).pathname + new URL(page.url()).search)
    await panel(other, 'Vertex').getByRole('heading', { name: 'web' }).waitFor()
    expect(await other.getByRole('combobox', { name: 'Open' }).inputValue()).toBe('namespace')
    expect(await other.getByRole('combobox', { name: 'Width' }).inputValue()).toBe('connections')
    await page.goBack()
    await page.waitForURL((url) => !url.search.includes('sel='))
    expect(page.url()).toContain('level=namespace')
  })
})

describe('without a pointer', () => {
  it('vertices are reached by arrows, read by name, selected by Enter', async () => {
    const page = await open('/graph')
    const list = page.getByRole('listbox', { name: /Vertices of the graph/ })
    await list.focus()
    await page.keyboard.press('ArrowRight')
    const id = await list.getAttribute('aria-activedescendant')
    const name = await page.locator(`[id="${id}"]`).textContent()
    expect(name).toMatch(/, (workload|network|host|network set|process), /)
    await page.keyboard.press('Enter')
    await panel(page, 'Vertex').waitFor()
    expect(page.url()).toContain('sel=vertex')
  })
})

describe('accessibility', () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true }
  it.each([
    ['the drawing', '/graph', {}],
    ['the drawing in the dark', '/graph', { colorScheme: 'dark' as const }],
    ['the matrix', '/graph?as=matrix', {}],
    ['the list', '/graph?as=list', { colorScheme: 'dark' as const }],
    ['an edge', selected(edge('dev/client-*', 'prod/api-*')), {}],
    ['a phone', '/graph', phone],
  ])('has nothing to object in %s', async (_, path, options) => {
    const page = await open(path, options)
    await page.getByText('client').first().waitFor({ state: 'attached' })
    await page.evaluate(axe)
    const violations = await page.evaluate(async () => {
      const { violations } = await (
        globalThis as unknown as {
          axe: {
            run(context: string, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
          }
        }
      ).axe.run('#main', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
    })
    expect(violations).toEqual([])
  })

  it('opens as a list on a phone, with the picture one tap away', async () => {
    const page = await open('/graph', phone)
    await page.getByRole('columnheader', { name: 'Verdict' }).first().waitFor()
    await page.getByRole('button', { name: 'Graph', exact: true }).click()
    await page.getByTestId('graph-canvas').waitFor()
  })
})

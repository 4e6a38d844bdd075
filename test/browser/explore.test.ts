// Explore and the shell by hand and by key, on rows made for it: filters by clicking, the view in the address, figures
// that agree, exports, live rows, what is said when something is wrong.
import { readFile } from 'node:fs/promises'
import { logType, parseJsonExact, readRow, type Row } from '@margay/model'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, launch, open, visit } from './browser.ts'
import { current, startProduct, type Product } from './product.ts'

const flows = logType('flows')!
const now = Math.floor(Date.now() / 1000)

/** An ordinary record; a test changes what it is about. */
const record = (change: object = {}): Record<string, unknown> => ({
  start_time: now - 600,
  end_time: now - 590,
  action: 'allow',
  reporter: 'src',
  counts: true,
  proto: 'tcp',
  source_ip: '10.77.0.1',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'a-1',
  source_name_aggr: 'a-*',
  dest_ip: '10.77.0.2',
  dest_port: 80,
  dest_type: 'wep',
  dest_namespace: 'shop',
  dest_name: 'b-1',
  dest_name_aggr: 'b-*',
  num_flows: 1,
  bytes_in: 1000,
  bytes_out: 200,
  packets_in: 5,
  packets_out: 4,
  ...change,
})

const hostile = ['C:\\dir\\', 'say "hi"', 'a:b (c) {d}', 'x*y', '<img src=x>', '=1+1', '+cmd', 'a,b', 'two\nlines']
const big = 9_007_199_254_740_993n
const names = hostile.map((process_name, at) =>
  record({ process_name, source_namespace: 'names', start_time: now - 700 - at, end_time: now - 690 }),
)
/** 40 conversations: allowed ones seen by both ends, some denied at their destination, some at their source. */
const conversations = Array.from({ length: 20 }, (_, at) => {
  const both = { source_namespace: 'totals', dest_namespace: at % 2 ? 'left' : 'right', start_time: now - 500 + at }
  const end_time = now - 400
  const deniedThere = at % 5 === 0
  return [
    record({ ...both, end_time }),
    record({
      ...both,
      end_time,
      reporter: 'dst',
      counts: false,
      ...(deniedThere && { action: 'deny' }),
      bytes_in: 200,
      bytes_out: 1000,
    }),
  ]
}).flat()
const outside = record({
  source_namespace: 'outside',
  dest_type: 'net',
  dest_namespace: '-',
  dest_name_aggr: 'pub',
  dest_ip: undefined,
  source_ip: undefined,
  bytes_in: 0,
  dest_port: 443,
  dest_domains: ['api.test'],
  policies: {
    enforced_policies: [
      '1|app-hipstershop|hipstershop/app-hipstershop.checkoutservice|allow|-1',
      '0|security|security.pass|pass|2',
    ],
  },
})
const exact = record({ source_namespace: 'exact', bytes_in: big, dest_port: 22 })

let product: Product
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  product = await startProduct({
    flows: [...names, ...conversations, outside, exact, record({ source_namespace: 'names', process_name: undefined })],
  })
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

const explore = async (search: Record<string, string> = {}): Promise<Page> =>
  (await open(context, `${product.address}/explore?${new URLSearchParams(search).toString()}`)).page

const columns = (...fields: string[]) => fields.join(',')
const rowsIn = (page: Page) => page.locator('[role=grid] [role=row][data-id]')
const count = (page: Page) => page.locator('section[aria-label=Records] b').first()
const queryOf = (page: Page) => page.locator('header .cm-content')

async function type(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/')
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
  await page.keyboard.press('Enter')
}

describe('filters made by clicking', () => {
  it.each(hostile.map((name, at) => [name, at] as const))(
    'keep and leave out %j and nothing else',
    async (name, at) => {
      const page = await explore({
        q: 'source_namespace: names',
        cols: columns('start_time', 'process_name'),
        sort: '-start_time',
      })
      await eventually(() => rowsIn(page).count()).toBe(hostile.length + 1)
      // The one without a process is the newest.
      const cell = rowsIn(page)
        .nth(at + 1)
        .locator('[data-column="1"]')
      await cell.hover()
      await page.click('[aria-label="Filter in"]')
      await eventually(() => rowsIn(page).count()).toBe(1)
      expect((await rowsIn(page).first().locator('[data-column="1"]').textContent())?.replace(/\s/g, ' ')).toBe(
        name.replace(/\s/g, ' '),
      )
      await rowsIn(page).first().locator('[data-column="1"]').hover()
      await page.click('[aria-label="Filter out"]')
      await eventually(() => rowsIn(page).count()).toBe(hostile.length)
    },
  )

  it('find their row where it was when the histogram comes later than the rows', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await context.route('**/api/v1/query', async (route) => {
      if (route.request().postData()?.includes('timeBucket')) await released
      await route.continue()
    })
    const page = await explore({ q: 'source_namespace: names' })
    await eventually(() => rowsIn(page).count()).toBe(hostile.length + 1)
    const top = async () => (await rowsIn(page).first().boundingBox())?.y
    const before = await top()
    expect(await page.getByRole('figure').count()).toBe(0)
    release()
    await page.getByRole('figure').waitFor()
    expect(await top()).toBe(before)
  })

  it('on an empty cell ask whether the field is there', async () => {
    const page = await explore({ q: 'source_namespace: names', cols: columns('start_time', 'process_name') })
    await eventually(() => rowsIn(page).count()).toBe(hostile.length + 1)
    await rowsIn(page).first().locator('[data-column="1"]').hover()
    await page.click('[aria-label="Filter in"]')
    await eventually(() => rowsIn(page).count()).toBe(1)
    await eventually(() => page.locator('section[aria-label=Filters]').textContent()).toBe('notprocess_name: *')
    await rowsIn(page).first().locator('[data-column="1"]').hover()
    await page.click('[aria-label="Filter out"]')
    await eventually(() => rowsIn(page).count()).toBe(hostile.length)
    expect(await page.locator('section[aria-label=Filters]').textContent()).toBe('process_name: *')
  })

  it('can be negated, switched off, pinned, edited and removed', async () => {
    const page = await explore({ f: '~source_namespace: names' })
    const pill = page.locator('section[aria-label=Filters] [aria-haspopup=menu]').first()
    const choose = async (item: string) => {
      await pill.click()
      await page.click(`[role=menuitem]:has-text("${item}")`)
    }
    await eventually(() => count(page).textContent()).toBe(String(names.length + 1))
    await choose('Leave these out')
    await eventually(() => count(page).textContent()).toBe(String(conversations.length + 2))
    await choose('Switch off')
    await eventually(() => count(page).textContent()).toBe(String(names.length + conversations.length + 3))
    await choose('Pin')
    await eventually(() => new URL(page.url()).searchParams.get('f')).toBe('nop~source_namespace: names')
    await choose('Switch on')
    await choose('Edit')
    await page.locator('.mantine-Popover-dropdown .cm-content').fill('source_namespace: totals')
    await page.keyboard.press('Enter')
    await eventually(() => count(page).textContent()).toBe(String(names.length + 3))
    await page.click('[aria-label^="Remove filter"]')
    await eventually(() => page.locator('section[aria-label=Filters]').count()).toBe(0)
  })

  it('come from the widget of unique ports', async () => {
    const page = await explore({ q: 'not source_namespace: names' })
    await page.click('[aria-label=Fields] button[title^="Port of the destination"]')
    const values = page.locator('[aria-label="Values of dest_port"]')
    await eventually(() => values.textContent()).toContain('3 values, exact')
    await values.locator('button', { hasText: /^22$/ }).click()
    await eventually(() => count(page).textContent()).toBe('1')
    expect(new URL(page.url()).searchParams.get('f')).toBe('~dest_port: 22')
  })

  it('say that addresses are aggregated away and how to get them', async () => {
    const page = await explore({ q: 'source_namespace: outside' })
    await page.fill('[aria-label="Search fields"]', 'dest_ip')
    await page.click('[aria-label=Fields] button[title^="Address of the destination"]')
    await eventually(() => page.locator('[aria-label="Values of dest_ip"]').textContent()).toContain('aggregated away')
  })
})

describe('the view in the address', () => {
  const hard = 'process_name: "a&b#c+d%25é \\"q\\"" or source_namespace: (names or "x+y")'

  it('survives reload and a second browser with every sign in the query', async () => {
    const page = await explore({
      from: 'now-2h',
      cols: columns('start_time', 'process_name', 'bytes_in'),
      sort: 'bytes_in',
    })
    await type(page, hard)
    await eventually(() => count(page).textContent()).toBe(String(names.length + 1))
    // The last answer's rows stand until this one's have come.
    await eventually(() => rowsIn(page).count()).toBe(names.length + 1)
    await rowsIn(page)
      .nth(2)
      .click({ position: { x: 20, y: 10 } })
    await eventually(() => page.locator('aside[aria-label^="Record"]').count()).toBe(1)
    const seen = async (page: Page) => ({
      query: await queryOf(page).textContent(),
      count: await count(page).textContent(),
      heads: await page.locator('[role=columnheader]').allTextContents(),
      sorted: await page.locator('[aria-sort]').textContent(),
      selected: await page.locator('[role=row][aria-selected=true]').textContent(),
      time: await page.locator('button[aria-label^="Time range"]').textContent(),
    })
    const before = await seen(page)
    expect(before.query).toBe(hard)
    await page.reload()
    await eventually(() => seen(page)).toEqual(before)
    const other = await visit(browser)
    const { page: copy } = await open(other, page.url())
    await eventually(() => seen(copy)).toEqual(before)
    await other.close()
  })

  it('goes back one step at a time', async () => {
    const page = await explore()
    await type(page, 'source_namespace: names')
    await page.click('[role=columnheader] button:has-text("Bytes in")')
    await rowsIn(page)
      .nth(1)
      .click({ position: { x: 20, y: 10 } })
    await eventually(() => new URL(page.url()).searchParams.has('sel')).toBe(true)
    await page.goBack()
    await eventually(() => new URL(page.url()).search).toBe('?q=source_namespace%3A+names&sort=-bytes_in')
    await page.goBack()
    await eventually(() => new URL(page.url()).search).toBe('?q=source_namespace%3A+names')
    await page.goBack()
    await eventually(() => queryOf(page).textContent()).not.toContain('source_namespace: names')
  })
})

describe('figures', () => {
  it('agree in tab, state line, ribbon, foot and export, each by what it counts', async () => {
    const page = await explore({ q: 'source_namespace: totals' })
    await eventually(() => count(page).textContent()).toBe('40')
    expect(await page.locator('[role=tab][aria-selected=true] span').textContent()).toBe('40')
    const foot = page.locator('[aria-label=Totals]')
    await eventually(() => foot.textContent()).toContain('Total of the 20 records that count, of 40')
    expect(await foot.textContent()).toContain('20 kB4 kB')
    const ribbon = await page.locator('section[aria-label^="Allowed and denied"]').textContent()
    expect(ribbon).toContain('16 records allowed · 4 denied at destination')
    const csv = await save(page, 'CSV')
    expect(csv.trimEnd().split('\r\n')).toHaveLength(41)
  })

  it('keep every digit over 2^53, in table, record and export', async () => {
    const page = await explore({ q: 'source_namespace: exact' })
    await rowsIn(page)
      .first()
      .click({ position: { x: 20, y: 10 } })
    await page.click('[role=tab]:has-text("JSON")')
    await eventually(() => page.locator('pre').textContent()).toContain(`"bytes_in": ${big}`)
    await page.click('[role=tab]:has-text("Fields")')
    await eventually(() => page.locator('dd[title*="9,007,199,254,740,993"]').count()).toBe(1)
    expect(await save(page, 'CSV')).toContain(String(big))
    expect(parseJsonExact(await save(page, 'NDJSON'))).toMatchObject({ bytes_in: big })
  })
})

/** Chooses an export and gives the file that the browser saved. */
async function save(page: Page, kind: string): Promise<string> {
  await page.click('button:has-text("Export")')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click(`[role=menuitem]:has-text("${kind}")`),
  ])
  return readFile(await download.path(), 'utf8')
}

describe('exports', () => {
  it('make formulas harmless, quote by RFC 4180 and hold every row of the search', async () => {
    const page = await explore({ q: 'source_namespace: names', cols: columns('process_name') })
    const csv = await save(page, 'CSV')
    for (const cell of [`'=1+1`, `'+cmd`, '"a,b"', '"say ""hi"""', '"two\nlines"']) expect(csv).toContain(`${cell}\r\n`)
    expect(csv.match(/\r\n/g)).toHaveLength(names.length + 2)
  })
})

describe('a record', () => {
  it('is told in sentences, with its trace in order and where its verdict comes from', async () => {
    const page = await explore({ q: 'source_namespace: outside' })
    await rowsIn(page)
      .first()
      .click({ position: { x: 20, y: 10 } })
    const panel = page.locator('aside[aria-label^="Record"]')
    await eventually(() => panel.textContent()).toContain(
      'Left the cluster, no answer; Calico policy is not the cause.',
    )
    expect(await panel.locator('ol li').allTextContents()).toEqual([
      'tier security, policy pass, rule 2: pass',
      'tier app-hipstershop, policy checkoutservice, no rule matched, tier default: allow',
    ])
    expect(await panel.textContent()).toContain('api.test on the public network')
    await page.keyboard.press('Escape')
    await eventually(() => panel.count()).toBe(0)
  })
})

describe('keys', () => {
  it('move, open, filter, mark, and go to pages', async () => {
    const page = await explore({ q: 'source_namespace: names', cols: columns('start_time', 'process_name') })
    await eventually(() => rowsIn(page).count()).toBe(names.length + 1)
    for (const key of ['j', 'j', 'ArrowRight', 'Enter']) await page.keyboard.press(key)
    await eventually(() => page.locator('aside[aria-label^="Record"]').count()).toBe(1)
    await page.keyboard.press('x')
    await eventually(() => page.locator('button:has-text("Copy 1 row as NDJSON")').count()).toBe(1)
    await page.keyboard.press('F')
    await eventually(() => new URL(page.url()).searchParams.get('f')).toBe('n~process_name: "C:\\\\dir\\\\"')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await eventually(() => page.getByRole('dialog', { name: 'Keys' }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('collection')
    await page.keyboard.press('Enter')
    await eventually(() => new URL(page.url()).pathname).toBe('/collection')
    await eventually(() => page.getByRole('dialog').count()).toBe(0)
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await eventually(() => new URL(page.url()).pathname).toBe('/explore')
    expect(await queryOf(page).textContent()).toBe('source_namespace: names')
  })
})

describe('the palette', () => {
  it('has the focus before the next key can come', async () => {
    const page = await explore()
    const focused = await page.evaluate(`(async () => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }))
      await Promise.resolve()
      return document.activeElement.getAttribute('aria-label')
    })()`)
    expect(focused).toBe('Find a page, a field or an action')
  })
})

describe('the query bar', () => {
  it('underlines what is wrong, says what to write, and asks nothing', async () => {
    const page = await explore()
    const asked: string[] = []
    await type(page, 'action = deny')
    page.on('request', (request) => request.url().endsWith('/query') && asked.push(request.url()))
    await eventually(() => page.locator('header [role=alert]').textContent()).toContain(':')
    await eventually(() => page.locator('header .cm-lintRange-error').count()).toBeGreaterThan(0)
    expect(asked).toEqual([])
  })

  it('suggests fields with documentation, and values with counts', async () => {
    const page = await explore()
    // The list takes no key in its first 75 ms, so that it cannot take one that was meant for the text.
    const accept = async () => {
      await page.waitForTimeout(200)
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('/')
    await page.keyboard.type('source_names')
    await eventually(() => page.locator('.cm-tooltip-autocomplete li').first().textContent()).toContain(
      'source_namespace',
    )
    await eventually(() => page.locator('.cm-completionInfo').textContent()).toContain('Namespace of the source')
    await accept()
    await eventually(() => page.locator('.cm-tooltip-autocomplete').textContent()).toContain('totals40')
    await page.keyboard.type('tot')
    await eventually(() => page.locator('.cm-tooltip-autocomplete li').allTextContents()).toEqual(['totals40'])
    await accept()
    await eventually(() => queryOf(page).textContent()).toBe('source_namespace: totals')
    await page.keyboard.press('Enter')
    await eventually(() => count(page).textContent()).toBe('40')
  })

  it('remembers what was run', async () => {
    const page = await explore()
    await type(page, 'proto: udp')
    await type(page, 'proto: tcp')
    await page.keyboard.press('ArrowUp')
    await eventually(() => queryOf(page).textContent()).toBe('proto: udp')
  })
})

describe('live', () => {
  const liveRow = (at: number): Row => {
    const read = readRow(
      flows,
      record({
        source_namespace: 'live',
        source_name_aggr: `live-${at}`,
        start_time: now + at,
        end_time: now + at + 10,
      }),
      now + 1000,
    )
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    return read.row
  }
  const publish = (...rows: Row[]) => product.live.publish({ logType: 'flows', provisional: false, rows })

  it('lets rows enter at the top, holds them while paused, and keeps the row under the pointer', async () => {
    const page = await explore({ live: '1', q: 'source_namespace: (live or names)' })
    await eventually(() => rowsIn(page).count()).toBe(names.length + 1)
    await eventually(() => page.locator('section[aria-label=Records]').textContent()).toContain(' old')
    publish(liveRow(1))
    await eventually(() => rowsIn(page).first().textContent()).toContain('live-1')
    const under = rowsIn(page).nth(3)
    const id = await under.getAttribute('data-id')
    await under.hover()
    const before = await page.locator(`[data-id="${id}"]`).boundingBox()
    publish(liveRow(2), liveRow(3))
    await eventually(() => page.locator('text=2 new rows above').count()).toBe(1)
    expect((await page.locator(`[data-id="${id}"]`).boundingBox())?.y).toBe(before?.y)
    await page.mouse.move(5, 5)
    await eventually(() => page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe(String(names.length + 4))
    await page.keyboard.press(' ')
    publish(liveRow(4))
    await eventually(() => page.locator('button:has-text("Resume (1 new)")').count()).toBe(1)
    await page.click('button:has-text("Resume")')
    await eventually(() => page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe(String(names.length + 5))
  })
})

describe('what is wrong is said', () => {
  it('when the server is newer than the page', async () => {
    const page = await explore()
    product.setHealth({ version: '99.0.0' })
    await eventually(() => page.locator('[role=status]:has-text("99.0.0") button').textContent()).toBe('Reload')
    product.setHealth({ version: current })
  })

  it('when the server does not answer, beside the last picture', async () => {
    const page = await explore({ q: 'source_namespace: names' })
    await eventually(() => rowsIn(page).count()).toBe(names.length + 1)
    await context.setOffline(true)
    await eventually(() => page.locator('[role=alert]').first().textContent()).toContain('The server does not answer')
    expect(await rowsIn(page).count()).toBe(names.length + 1)
    await context.setOffline(false)
    await eventually(() => page.locator('[role=alert]').count()).toBe(0)
  })

  it('when the query cannot be asked, with one that can', async () => {
    const page = await explore({ q: 'action: (' })
    const table = page.locator('section[aria-label=Records]')
    await table.getByText('Write, for example, action: allow, or action: (allow or deny).').waitFor()
    await table.getByRole('button', { name: 'Empty the query' }).click()
    await eventually(() => rowsIn(page).count()).toBeGreaterThan(10)
  })

  it('when nothing matches, with what to do next', async () => {
    const page = await explore({ q: 'source_namespace: nowhere' })
    const plot = (await page.locator('figure > div').first().boundingBox())!
    const twin = (await page.locator('figure summary').boundingBox())!
    expect(twin.y).toBeGreaterThanOrEqual(plot.y + plot.height)
    await page.click('button:has-text("Empty the query")')
    await eventually(() => rowsIn(page).count()).toBeGreaterThan(10)
  })
})

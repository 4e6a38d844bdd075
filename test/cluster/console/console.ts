// The court in a browser, as somebody sees it who was given a token: AT-2, AT-3, AT-10, AT-11 and D5 in graph, panel and
// Explore. What must be seen is asked of the API first, so that page and answer are held against each other.
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../browser/browser.ts'
import { startMs } from '../suite.ts'
import { namespace } from '../verdicts/objects.ts'
import type { Session } from '../verdicts/session.ts'
import { openFirst, rowsIn, sitDown, tabShows, words, type Desk } from './desk.ts'

/** An edge of the graph and its ends, as addresses of views name them. */
const workload = (name: string) => `workload/${namespace}/${name}`
const nameServer = /coredns/

export function consoleOnCourt(session: Session): void {
  describe('the console on what the court did', () => {
    let desk: Desk
    let page: Page

    beforeAll(async () => {
      desk = await sitDown(session.product)
    }, startMs)
    afterEach(async ({ task }) => {
      if (page && !page.isClosed()) {
        await desk.picture(page, task.name.replaceAll(/\W+/g, '-').slice(0, 60))
        await page.close()
      }
      expect(desk.takeComplaints()).toEqual([])
    })
    afterAll(() => desk?.close())

    const count = async (query: string) => (await session.product.rows('flows', query)).length
    const why = () => page.getByRole('region', { name: 'Why' })

    it('Explore and the panel under the graph show as many denials by one policy as there are (AT-2)', async () => {
      const query = 'source_name: stranger and policies: { enforced_policies: deny and enforced_policies: ledger }'
      const wanted = await count(query)
      expect(wanted).toBeGreaterThan(0)
      page = await desk.at('/explore', { q: query })
      await eventually(() => rowsIn(page).count()).toBe(wanted)
      expect(await words(rowsIn(page).first())).toMatch(
        /✕ destination court ?\/ ?stranger court ?\/ ?ledger 8080 tcp ledger · end of tier/,
      )
      await page.close()
      page = await desk.at('/graph', { q: query })
      await tabShows(page, 'Denied', wanted)
      await tabShows(page, 'All flows', wanted)
    })

    it('a record names rule, pass and profile in words (AT-3)', async () => {
      const query = 'source_name: caller and dest_name: ledger'
      page = await desk.at('/explore', { q: `${query} and reporter: dst` })
      await openFirst(page)
      await why().getByText('tier default, policy ledger, rule 2: allow').waitFor()
      await why().getByText('tier security, policy watch, rule 0: pass').waitFor()
      await page.close()
      page = await desk.at('/explore', { q: `${query} and reporter: src` })
      await openFirst(page)
      await why().getByText('tier security, policy watch, rule 1: pass').waitFor()
      await why().getByText('namespace profile, not covered by policy: allow').first().waitFor()
    })

    it('a denial that nobody wrote names both policies, no rule, and what would admit it (AT-3, D5)', async () => {
      page = await desk.at('/explore', { q: 'source_name: caller and dest_name: vault and reporter: dst' })
      const panel = await openFirst(page)
      await why().getByText('Tier default isolates it by court/vault-for-auditors and court/vault-for-backup').waitFor()
      await why()
        .getByText(/^tier default, policy vault-for-\w+, no rule matched, tier default: deny$/)
        .waitFor()
      await why().getByText('To admit it:').waitFor()
      const ends = panel.getByRole('region', { name: 'Both ends' })
      await eventually(() => ends.innerText()).toContain(
        'policies court/vault-for-auditors and court/vault-for-backup isolate',
      )
      expect(await panel.innerText()).not.toMatch(/denied by (policy|rule)|allowed by/)
    })

    it('an edge that was denied at its destination is that, wholly, and says why (AT-2)', async () => {
      page = await desk.at('/graph', { sel: `edge:${workload('caller')} > ${workload('vault')}` })
      await why().getByText('isolates it by court/vault-for-auditors and court/vault-for-backup').waitFor()
      const panel = page.getByRole('complementary', { name: 'Edge' })
      expect(await words(panel)).toContain('caller may send, but vault took nothing')
      await tabShows(page, 'Denied', await count('source_name: caller and dest_name: vault and action: deny'))
    })

    it('a namespace opens in place, and a workload lists what it reaches outside (AT-10)', async () => {
      page = await desk.at('/graph', { level: 'namespace', sel: `vertex:namespace/${namespace}` })
      await page.getByRole('button', { name: 'Open in place' }).click()
      await eventually(() => new URL(page.url()).searchParams.get('open')).toContain(`namespace/${namespace}`)
      await page.getByLabel('Find a vertex by name').fill('buyer')
      await page.getByLabel('Find a vertex by name').press('Enter')
      const panel = page.getByRole('complementary', { name: 'Vertex' })
      const outside = panel.locator('section', { has: page.getByRole('heading', { name: 'Outside of the cluster' }) })
      for (const name of ['Internet', 'Private network', 'Network set mailers']) {
        await outside.getByRole('button', { name }).waitFor()
      }
      await outside.getByRole('button', { name: 'Internet' }).click()
      await eventually(() => new URL(page.url()).searchParams.get('sel')).toBe(
        `edge:${workload('buyer')} > network/dest/pub`,
      )
      await tabShows(page, 'All flows', await count('source_name: buyer and dest_type: net and dest_name_aggr: pub'))
      const edge = page.getByRole('complementary', { name: 'Edge' })
      for (const name of ['api.stripe.com', 'www.ecb.europa.eu', 'drop.files.example']) {
        await edge.getByText(name, { exact: true }).waitFor()
      }
      expect(await words(edge)).toContain('tcp 443')
    })

    it('Explore counts the names that a workload asked for, and the CSV has the rows of the table (AT-10)', async () => {
      const query = 'source_name: buyer and dest_type: net and dest_domains: *'
      const wanted = await count(query)
      page = await desk.at('/explore', { q: query, cols: 'start_time,source_name,dest_domains,dest_port' })
      await eventually(() => rowsIn(page).count()).toBe(wanted)
      await page.fill('[aria-label="Search fields"]', 'dest_domains')
      await page.locator('[aria-label=Fields] button', { hasText: 'dest_domains' }).first().click()
      const values = page.locator('[aria-label="Values of dest_domains"]')
      await eventually(() => values.innerText()).toContain('drop.files.example')
      await page.click('button:has-text("Export")')
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.click('[role=menuitem]:has-text("CSV")'),
      ])
      const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n')
      expect(lines).toHaveLength(wanted + 1)
      const shown = await rowsIn(page).evaluateAll((rows) => rows.map((row) => row.textContent ?? ''))
      for (const name of ['api.stripe.com', 'www.ecb.europa.eu', 'drop.files.example']) {
        const inTable = shown.filter((row) => row.includes(name)).length
        expect([name, lines.filter((line) => line.includes(name)).length]).toEqual([name, inTable])
      }
    })

    it('the name server has its clients, the denied one in red on port 53, and their lookups (AT-11)', async () => {
      const [row] = await session.court.found('flows', 'source_name: reader and dest_port: 53 and dest_type: wep')
      const server = `vertex:workload/kube-system/${String(row!.dest_name_aggr)}`
      page = await desk.at('/graph', { as: 'list', sel: server, tab: 'dns' })
      const edge = (source: string) =>
        page.getByRole('row', { name: new RegExp(`^(${namespace} / )?${source} coredns `) })
      await eventually(() => words(edge('reader'))).toContain('allow')
      await eventually(() => words(edge('mute'))).toContain('✕ source')
      const lookups = await session.product.rows('dns', 'servers.name_aggr: kube-dns')
      expect(lookups.length).toBeGreaterThan(0)
      await eventually(() => rowsIn(page).count()).toBeGreaterThan(0)
      await page.close()
      page = await desk.at('/graph', {
        sel: `edge:${workload('mute')} > workload/kube-system/${String(row!.dest_name_aggr)}`,
      })
      const panel = page.getByRole('complementary', { name: 'Edge' })
      await panel.getByText('✕ denied at source').waitFor()
      expect(await words(panel)).toContain('udp 53')
      expect(await words(panel.getByRole('heading', { level: 1 }))).toMatch(nameServer)
    })

    it.each([
      ['SERVFAIL', 'a.servfail.test'],
      ['NXDOMAIN', 'nowhere.example.com'],
    ])('Explore shows who got %s, for which name, how often, from whom and how fast (AT-11)', async (rcode, name) => {
      await session.court.found('dns', `client_name: stranger and rcode: ${rcode}`)
      const cols = 'start_time,client_namespace,client_name_aggr,qname,rcode,count,servers.name_aggr,latency_mean'
      page = await desk.at('/explore', { log: 'dns', q: `client_name: stranger and rcode: ${rcode}`, cols })
      await eventually(() => rowsIn(page).count()).toBeGreaterThan(0)
      expect(await words(rowsIn(page).first())).toMatch(
        new RegExp(`court ?/ ?stranger ${name} ${rcode} \\d kube-dns [\\d.]+ (µs|ms)`),
      )
    })

    it('a peer that nobody knows is said to be unknown, with the fact that is missing (D5)', async () => {
      const query = 'dest_name: ledger and action: deny and reporter: dst and evidence_missing: *'
      page = await desk.at('/explore', { q: query, sort: '-start_time' })
      await openFirst(page)
      await why().getByText('? cannot tell').first().waitFor()
      expect(await words(why())).toMatch(/Not known: .*10\.244\./)
      expect(await words(why())).not.toMatch(/denied by|allowed by|isolates it by/)
    })
  })
}

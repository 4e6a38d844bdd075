// The product for somebody who is not root: the demo is full, and a plain start says in one line what is missing and goes
// on with the doors that need no kernel. Run as `nobody`, with a home of its own and the project readable, not writable.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnswerResponse, GraphResponse } from '@margay/wire'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildConsole } from '../../scripts/build.ts'
import { launch, open, visit } from '../browser/browser.ts'
import { margay, npmStart, patienceMs, until, type Started } from './npm-start.ts'

const nobody = 65_534
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs']

let home: string
let browser: Browser

const startAs = (name: string, ...args: readonly string[]): Promise<Started> =>
  npmStart({ dataDir: join(home, name), args, as: asNobody, env: { HOME: home, XDG_DATA_HOME: join(home, 'share') } })

async function post<T>(product: Started, path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${product.address}/api/v1/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

const lastDay = { from: { ago: 86_400 }, to: { ago: 0 } }

beforeAll(async () => {
  // What cannot be written by nobody is built before, as a package brings it.
  buildConsole()
  home = mkdtempSync(join(tmpdir(), 'margay-nobody-'))
  mkdirSync(join(home, 'share'))
  for (const path of [home, join(home, 'share')]) {
    chownSync(path, nobody, nobody)
    chmodSync(path, 0o700)
  }
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  if (home) rmSync(home, { recursive: true, force: true })
})

describe('without root', () => {
  it('npm start -- --demo has a graph, a log and a day of history, and says that the data are invented', async () => {
    const product = await startAs('demo', '--demo')
    try {
      expect(product.output()).toContain('invented data (--demo)')
      const measures = { rows: { rows: true as const } }
      const hours = await until('a day of history', async () => {
        const select = { kind: 'groups', by: [{ timeBucket: 3600 }], measures, limit: 100 }
        const { answer } = await post<AnswerResponse>(product, 'query', { logType: 'flows', range: lastDay, select })
        return answer.kind === 'groups' && answer.groups.length >= 24 ? answer.groups : undefined
      })
      expect(hours.length).toBeGreaterThanOrEqual(24)
      const graph = await post<GraphResponse>(product, 'graph', { range: lastDay, extra: [], limit: 30_000 })
      expect(graph.groups).toBeGreaterThan(20)
      const { page, complaints } = await open(await visit(browser), `${product.address}/graph?as=list`)
      await page.getByRole('row').filter({ hasText: '✕ source' }).first().waitFor({ timeout: patienceMs })
      await page
        .getByText(/demo data/i)
        .first()
        .waitFor({ timeout: patienceMs })
      await page.goto(`${product.address}/explore`)
      await page.locator('main [role=row][data-id]').first().waitFor({ timeout: patienceMs })
      expect(complaints).toEqual([])
    } finally {
      expect(await product.stop()).toBe(0)
    }
  })

  it('npm start says in one line what is missing, and takes what comes by the other doors', async () => {
    const product = await startAs('plain')
    try {
      const lines = product.output().split('\n')
      const remarks = lines.filter((line) => line.startsWith('margay: ') && !line.includes('from Debian'))
      expect(remarks).toHaveLength(1)
      expect(remarks[0]).toMatch(/not root.*margay import/)
      const now = Math.floor(Date.now() / 1000)
      const record = {
        start_time: now - 20,
        end_time: now - 10,
        action: 'allow',
        reporter: 'src',
        proto: 'tcp',
        dest_port: 443,
      }
      const response = await fetch(`${product.address}/api/v1/ingest/flows`, {
        method: 'POST',
        body: JSON.stringify(record),
        headers: { 'content-type': 'application/x-ndjson' },
      })
      expect(response.status).toBe(200)
      const found = await margay(['--server', product.address, 'observe', '--last', '1', '--port', '443'])
      expect([found.code, found.out.includes(':443')]).toEqual([0, true])
    } finally {
      expect(await product.stop()).toBe(0)
    }
  })
})

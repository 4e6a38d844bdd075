// Signing in as a person does it, at a server with TLS and a token file: the sign-in page, the console behind it with its
// live stream, and what happens when the token is taken away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../apps/server/src/auth/testing/certificate.ts'
import { axe, eventually, launch, limitMs, schemes } from './browser.ts'
import type { ServerProcess } from './server-process.ts'
import { startServer } from './server-process.ts'

const token = 'browser-'.padEnd(40, 'b')

/** What the first event of a live stream is, by a browser's own means. */
const subscriptions = encodeURIComponent(JSON.stringify([{ id: 'a', logType: 'flows' }]))
const hearsTheStream = `new Promise((resolve) => {
  const stream = new EventSource('/api/v1/tail?subscriptions=${subscriptions}')
  for (const name of ['state', 'error']) stream.addEventListener(name, () => { stream.close(); resolve(name) })
})`

describe('signing in', () => {
  const dir = mkdtempSync(join(tmpdir(), 'margay-sign-in-'))
  const tokens = join(dir, 'tokens')
  let server: ServerProcess
  let browser: Browser
  let address: string

  beforeAll(async () => {
    const { cert, key } = makeCertificate(dir, 'server')
    writeFileSync(tokens, `Ada read ${token}\n`)
    server = await startServer(['--tls-cert', cert, '--tls-key', key, '--auth-tokens', tokens])
    address = server.address
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    rmSync(dir, { recursive: true })
  })

  /** Somebody new, who takes the certificate as it is. */
  const person = async (colorScheme: 'light' | 'dark' = 'light'): Promise<BrowserContext> => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, colorScheme })
    context.setDefaultTimeout(limitMs)
    return context
  }

  const paste = async (page: Page, text: string) => {
    await page.getByLabel('Token').fill(text)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  it('leads to the view that was asked for, live, and out again when the token is taken away', async () => {
    const context = await person()
    const page = await context.newPage()
    await page.goto(`${address}/explore?range=15m`)
    await paste(page, 'x'.repeat(40))
    await eventually(() => page.getByRole('alert').textContent()).toContain('the token is not known')
    await paste(page, token)
    await page.waitForSelector('header .cm-content')
    expect(page.url()).toContain('/explore?')
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ name: '__Host-margay-session', httpOnly: true, secure: true, sameSite: 'Lax' })
    expect(await page.evaluate(hearsTheStream)).toBe('state')

    await page.goto(`${address}/sign-in`)
    await eventually(() => page.textContent('main')).toContain('signed in as Ada')
    await page.getByRole('link', { name: 'Go on' }).click()
    await page.waitForSelector('header .cm-content')

    writeFileSync(tokens, '')
    await page.reload()
    await page.waitForSelector('#token')
    await context.close()
  })

  it('ends with signing out', async () => {
    writeFileSync(tokens, `Ada read ${token}\n`)
    const context = await person()
    const page = await context.newPage()
    await page.goto(address)
    await paste(page, token)
    await page.waitForSelector('header .cm-content')
    await page.goto(`${address}/sign-in`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await eventually(() => page.textContent('main')).not.toContain('signed in')
    expect(await context.cookies()).toEqual([])
    await context.close()
  })

  it.each(schemes)('has a page that everybody can use, in %s', async (scheme) => {
    const context = await person(scheme)
    const page = await context.newPage()
    await page.goto(`${address}/sign-in`)
    expect(await axe(page)).toEqual([])
    await context.close()
  })
})

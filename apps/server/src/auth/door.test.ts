// The API as it is met beyond loopback: TLS, a token file, and every route closed. Nothing behind the door is needed.
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createLogger } from '@margay/kit'
import { createEmbeddedStore } from '@margay/store'
import { apiPrefix, routeList } from '@margay/wire'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiConfig } from '../api/api.ts'
import { buildApi, createApi } from '../api/api.ts'
import type { ApiDeps } from '../api/context.ts'
import { createLive } from '../live/live.ts'
import { createDirectIntake } from '../testing/direct-intake.ts'
import { nobodyReports } from '../testing/nobody-reports.ts'
import { createTestVersions } from '../testing/versions.ts'
import { createLogin } from './login.ts'
import { createSessions, readSessionKey } from './session.ts'
import { makeCertificate } from './testing/certificate.ts'
import type { TlsFiles } from './tls.ts'
import { createTls } from './tls.ts'

const reader = 'reader-'.padEnd(40, 'x')
const sender = 'sender-'.padEnd(40, 'y')

const dir = mkdtempSync(join(tmpdir(), 'margay-door-'))
const ended = new AbortController()
let now = 1_793_000_000_000
let lines = ''
const log = createLogger({ level: 'debug', form: 'json' }, { write: (line) => (lines += line) })

const noReviews = () => {
  throw new Error('no API server is asked')
}

let config: ApiConfig
let deps: ApiDeps
let tls: TlsFiles
let app: FastifyInstance
let isReady = false
let isStuck = false

beforeAll(async () => {
  tls = makeCertificate(join(dir, 'tls'), 'first')
  writeFileSync(join(dir, 'tokens'), `Ada read ${reader}\nrobot send ${sender}\n`)
  writeFileSync(join(dir, 'index.html'), '<!doctype html>console')
  writeFileSync(join(dir, 'picture.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  const store = createEmbeddedStore({ dir: join(dir, 'store') })
  config = {
    listen: { host: '127.0.0.1', port: 0 },
    version: '9.9.9',
    allowedHosts: ['margay.example'],
    consoleDir: dir,
    ingest: { maxBytes: 1_000_000, maxPlainBytes: 1_000_000, maxLineBytes: 100_000, maxAge: 86_400 },
    tls: createTls(tls, log),
    login: createLogin(
      { tokens: join(dir, 'tokens'), kubernetes: false },
      { cluster: 'cluster', post: noReviews, log, clock: () => now },
    ),
  }
  deps = {
    store,
    live: createLive({ maxPending: 10, newsSeconds: 120 }, () => now / 1000),
    intake: createDirectIntake(store),
    health: async () => ({
      state: 'ready',
      version: '9.9.9',
      demo: false,
      now: 0,
      startedAt: 0,
      parts: [],
      sources: [],
      tables: [],
    }),
    cluster: 'test',
    unseen: () => [],
    objects: createTestVersions(),
    ends: nobodyReports,
    isReady: () => isReady,
    isStuck: () => isStuck,
    metrics: () => '# metrics\n',
    now: () => now / 1000,
    onFault: (error) => log.error('fault', { error: error as Error }),
  }
  app = await buildApi(config, deps, ended.signal)
})

afterAll(async () => {
  ended.abort()
  await app.close()
  rmSync(dir, { recursive: true })
})

const ask = (options: InjectOptions) =>
  app.inject({ method: 'GET', ...options, headers: { host: '10.1.2.3:8585', ...options.headers } })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const everything: readonly { readonly method: 'GET' | 'POST'; readonly url: string }[] = [
  ...routeList.map(({ method, path }) => ({ method, url: apiPrefix + path.replace(/\{\w+\}/g, 'flows') })),
  { method: 'GET', url: `${apiPrefix}/openapi.json` },
  { method: 'GET', url: `${apiPrefix}/problems` },
  { method: 'GET', url: '/' },
  { method: 'GET', url: '/index.html' },
  { method: 'GET', url: '/assets/none.js' },
  { method: 'GET', url: '/nowhere' },
]

describe('without a token', () => {
  it.each(everything)('$method $url is refused', async ({ method, url }) => {
    const reply = await ask({ method, url })
    expect(reply.statusCode, reply.body).toBe(401)
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="margay"')
    expect(reply.json()).toMatchObject({ code: 'unauthenticated' })
  })

  it.each(everything)('HEAD $url is refused too', async ({ url }) => {
    expect((await ask({ method: 'HEAD', url })).statusCode).toBeGreaterThanOrEqual(401)
  })

  it.each(['nobody', '', 'Basic YTpi'])('and %j is none', async (authorization) => {
    expect((await ask({ url: `${apiPrefix}/health`, headers: { authorization } })).statusCode).toBe(401)
    expect((await ask({ url: `${apiPrefix}/health`, headers: bearer(authorization) })).statusCode).toBe(401)
  })

  it('a page leads to the sign-in page and back to itself', async () => {
    const reply = await ask({ url: '/graph?range=1h', headers: { accept: 'text/html' } })
    expect(reply.statusCode).toBe(303)
    expect(reply.headers.location).toBe('/sign-in?to=%2Fgraph%3Frange%3D1h')
    const page = await ask({ url: String(reply.headers.location), headers: { accept: 'text/html' } })
    expect(page.statusCode).toBe(200)
    expect(page.body).toContain('value="/graph?range=1h"')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  })

  it.each(['HEAD', 'GET'] as const)(
    '%s of an answer of the API is no page, however its address is written',
    async (method) => {
      const of = (url: string) => ask({ method, url, headers: { accept: 'text/html' } })
      expect((await of('/graph')).statusCode).toBe(303)
      expect((await of(`${apiPrefix}/health`)).statusCode).toBe(401)
      expect((await of(`${apiPrefix.replace('/api', '/%61pi')}/health`)).statusCode).toBe(401)
    },
  )

  it('the probes answer, and say nothing else', async () => {
    expect((await ask({ url: '/livez' })).body).toBe('ok\n')
    expect((await ask({ url: '/readyz' })).statusCode).toBe(503)
    isReady = true
    expect((await ask({ url: '/readyz' })).body).toBe('ok\n')
    isStuck = true
    expect((await ask({ url: '/livez' })).statusCode).toBe(503)
    isStuck = false
  })
})

describe('a flood of tokens', () => {
  const from = (remoteAddress: string, token: string) =>
    ask({ url: `${apiPrefix}/health`, headers: bearer(token), remoteAddress })

  it('is refused for the rest of its minute, and keeps nobody else out', async () => {
    const statuses = []
    for (let n = 0; n < 25; n++) statuses.push((await from('10.9.9.9', `junk-${n}-`.padEnd(40, 'z'))).statusCode)
    expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)])
    const refused = await from('10.9.9.9', 'once-more-'.padEnd(40, 'z'))
    expect(refused.json()).toMatchObject({ code: 'too_many_tokens' })
    expect(refused.headers['retry-after']).toBe('60')
    // From the same place, whoever is known is let in.
    expect((await from('10.9.9.9', reader)).statusCode).toBe(200)
    expect((await from('10.9.9.8', 'mistyped-'.padEnd(40, 'z'))).statusCode).toBe(401)
    now += 20_000
    const later = await from('10.9.9.9', 'once-more-'.padEnd(40, 'z'))
    expect(later.headers['retry-after']).toBe('40')
    expect(later.json()).toMatchObject({ detail: expect.stringContaining('ask again in 40 s') })
    now += 40_000
    expect((await from('10.9.9.9', 'once-more-'.padEnd(40, 'z'))).statusCode).toBe(401)
  })
})

describe('what a browser is told', () => {
  it.each(['/', '/index.html', '/graph', '/picture.svg'])(
    '%s runs nothing of others and is in no frame',
    async (url) => {
      const { headers, statusCode } = await ask({ url, headers: { ...bearer(reader), accept: 'text/html' } })
      expect(statusCode).toBe(200)
      expect(headers['content-security-policy']).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'x-frame-options': 'DENY',
      })
    },
  )

  it.each(['/assets/none.js', '/picture.svg', '/%61pi/v1/health', '/api/v1/health'])(
    'a page of another site does not get %s',
    async (url) => {
      const headers = { ...bearer(reader), 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
      expect((await ask({ url, headers })).json()).toMatchObject({ code: 'forbidden_origin' })
    },
  )

  it('a link of another site leads to a page and not to data', async () => {
    const headers = {
      ...bearer(reader),
      accept: 'text/html',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
    }
    expect((await ask({ url: '/graph', headers })).statusCode).toBe(200)
    for (const url of ['/%61pi/v1/health', '/api/v1/health'])
      expect((await ask({ url, headers })).statusCode, url).toBe(403)
  })

  it('a page that came without TLS is not its own', async () => {
    const statusOf = async (origin: string) =>
      (await ask({ url: `${apiPrefix}/health`, headers: { ...bearer(reader), origin } })).statusCode
    expect(await statusOf('https://10.1.2.3:8585')).toBe(200)
    expect(await statusOf('http://10.1.2.3:8585')).toBe(403)
  })
})

describe('with a token', () => {
  it('a person reads and does not send, a program sends and does not read', async () => {
    const statusOf = async (token: string, options: InjectOptions) =>
      (await ask({ ...options, headers: bearer(token) })).statusCode
    const read = { url: `${apiPrefix}/health` }
    const send = { method: 'POST', url: `${apiPrefix}/ingest/nonsense`, payload: '{}' } as const
    expect(await statusOf(reader, read)).toBe(200)
    expect(await statusOf(reader, { url: `${apiPrefix}/metrics` })).toBe(200)
    expect(await statusOf(reader, send)).toBe(403)
    expect(await statusOf(sender, read)).toBe(403)
    // It is let in, and then told what it sent.
    expect(await statusOf(sender, send)).toBe(400)
  })

  it('a name that is not allowed stays foreign, an address or an allowed name does not', async () => {
    const statusOf = async (host: string) =>
      (await ask({ url: `${apiPrefix}/health`, headers: { ...bearer(reader), host } })).statusCode
    expect(await statusOf('evil.example')).toBe(403)
    expect(await statusOf('margay.example')).toBe(200)
    expect(await statusOf('[2001:db8::1]:443')).toBe(200)
  })

  it('says who asked, once an hour, and never the token', async () => {
    const ada = () =>
      lines.split('\n').filter((line) => line.includes('somebody asks') && line.includes('"user":"Ada"'))
    await ask({ url: `${apiPrefix}/health`, headers: bearer(reader) })
    expect(ada()).toHaveLength(1)
    now += 3_600_000
    await ask({ url: `${apiPrefix}/health`, headers: bearer(reader) })
    expect(ada()).toHaveLength(2)
    await ask({ url: `${apiPrefix}/health`, headers: bearer('guess-'.padEnd(40, 'z')) })
    expect(lines).toContain("a token that is nobody's was refused")
    expect(lines).not.toMatch(/xxxx|yyyy|zzzz/)
  })
})

describe('signing in', () => {
  const signIn = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    ask({
      method: 'POST',
      url: '/sign-in',
      payload: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://10.1.2.3:8585', ...headers },
    })

  it('keeps a pasted token in a cookie that scripts and other sites do not get', async () => {
    const reply = await signIn({ token: ` ${reader}\n`, to: '/explore' })
    expect(reply.statusCode).toBe(303)
    expect(reply.headers.location).toBe('/explore')
    const cookie = String(reply.headers['set-cookie'])
    expect(cookie).toMatch(/^__Host-margay-session=\S+; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    // Of no use to whoever listens on another port of this machine, where browsers send it too.
    expect(Buffer.from(cookie.split(/[=;]/)[1]!, 'base64url').toString('latin1')).not.toContain('reader')
    const headers = { cookie: cookie.split(';')[0]!, accept: 'text/html' }
    expect((await ask({ url: '/', headers })).body).toContain('console')
    expect((await ask({ url: `${apiPrefix}/health`, headers })).statusCode).toBe(200)
    expect((await ask({ url: '/sign-in', headers })).body).toContain('signed in as <strong>Ada</strong>')
    const out = await ask({ method: 'POST', url: '/sign-out', headers })
    expect(out.headers['set-cookie']).toMatch(/^__Host-margay-session=; .*Max-Age=0$/)
  })

  it('takes no cookie that it did not seal', async () => {
    const statusOf = async (value: string) =>
      (await ask({ url: `${apiPrefix}/health`, headers: { cookie: `__Host-margay-session=${value}` } })).statusCode
    const cookie = String((await signIn({ token: reader })).headers['set-cookie']).split(/[=;]/)[1]!
    expect(await statusOf(cookie)).toBe(200)
    expect(await statusOf(cookie.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')))).toBe(401)
    const foreign = createSessions({ isSecure: true }).cookieOf(reader)!.split(/[=;]/)[1]!
    for (const value of [reader, encodeURIComponent(reader), '', 'AAAA', foreign]) {
      expect(await statusOf(value), value).toBe(401)
    }
  })

  it('lasts through a restart, by a key that only the server can read', () => {
    // What a start that was cut short leaves.
    writeFileSync(join(dir, 'session.key.draft'), '', { mode: 0o600 })
    const key = readSessionKey(dir)
    expect(existsSync(join(dir, 'session.key.draft'))).toBe(false)
    expect(statSync(join(dir, 'session.key')).mode & 0o777).toBe(0o600)
    const cookie = createSessions({ isSecure: false, key }).cookieOf(reader)!.split(';')[0]!
    expect(createSessions({ isSecure: false, key: readSessionKey(dir) }).tokenOf({ cookie })).toBe(reader)
    writeFileSync(join(dir, 'session.key'), 'short')
    expect(() => readSessionKey(dir)).toThrow(/5 bytes and not 32/)
  })

  it('says what is wrong with a token', async () => {
    const wrong = await signIn({ token: 'x'.repeat(40) })
    expect(wrong.statusCode).toBe(401)
    expect(wrong.body).toContain('the token is not known')
    expect(wrong.headers['set-cookie']).toBeUndefined()
    expect((await signIn({ token: sender })).body).toContain('does not allow to read')
    expect((await signIn({ token: randomBytes(4000).toString('base64url') })).body).toContain(
      'more than a browser keeps',
    )
  })

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', '"><script>'])(
    'never leads to %j',
    async (to) => {
      expect((await signIn({ token: reader, to })).headers.location).toBe('/')
      expect((await ask({ url: `/sign-in?to=${encodeURIComponent(to)}` })).body).toContain('name="to" value="/"')
    },
  )

  it.each([
    ['/explore?q=中', '/explore?q=%E4%B8%AD'],
    ['/x?é=1&a=%E4%B8%AD#ü', '/x?%C3%A9=1&a=%E4%B8%AD#%C3%BC'],
    ['/x?\u0000\u007f', '/x?%00%7F'],
    ['/./\u00e9//evil.example', '/./%C3%A9//evil.example'],
  ])('leads to %j in letters that a header holds', async (to, location) => {
    const reply = await signIn({ token: reader, to })
    expect([reply.statusCode, reply.headers.location]).toEqual([303, location])
    expect(reply.headers['set-cookie']).toContain('margay-session=')
    expect((await ask({ url: `/sign-in?to=${encodeURIComponent(to)}` })).statusCode).toBe(200)
  })

  it('is refused to pages of other sites', async () => {
    expect((await signIn({ token: reader }, { origin: 'https://evil.example' })).statusCode).toBe(403)
    expect((await signIn({ token: reader }, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await ask({ method: 'POST', url: '/sign-out', headers })).statusCode).toBe(403)
  })
})

it('ends a live stream once whoever listens may not any more', async () => {
  const tokens = join(dir, 'short-lived')
  const token = 'guest-'.padEnd(40, 'g')
  writeFileSync(tokens, `guest read ${token}\n`)
  const login = createLogin(
    { tokens, kubernetes: false },
    { cluster: 'cluster', post: noReviews, log, clock: () => now },
  )!
  const { tls: _, ...plain } = config
  const open = await buildApi({ ...plain, login: { ...login, lookAgainMs: 20 } }, deps, ended.signal)
  const address = await open.listen({ host: '127.0.0.1', port: 0 })
  const subscriptions = JSON.stringify([{ id: 'a', logType: 'flows' }])
  const url = `${address}${apiPrefix}/tail?${new URLSearchParams({ subscriptions }).toString()}`
  const response = await fetch(url, { headers: bearer(token) })
  expect(response.status).toBe(200)
  writeFileSync(tokens, '')
  await expect(response.text()).rejects.toThrow()
  await open.close()
})

describe('TLS', () => {
  const peerOf = (port: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      })
      socket.on('error', reject)
    })
  const until = async (what: () => Promise<boolean>) => {
    for (let tries = 0; tries < 600 && !(await what()); tries++) await new Promise((done) => setTimeout(done, 100))
    return what()
  }

  it('serves with its certificate, and takes a renewed one without a restart', async () => {
    const running = new AbortController()
    const listening = Promise.withResolvers<string>()
    const run = createApi(config, deps, listening.resolve).run(running.signal)
    const address = new URL(await listening.promise)
    expect(address.protocol).toBe('https:')
    const status = await new Promise<number>((resolve, reject) =>
      request(new URL('/livez', address), { ca: readFileSync(tls.cert) }, (reply) => resolve(reply.statusCode ?? 0))
        .on('error', reject)
        .end(),
    )
    expect(status).toBe(200)
    const next = makeCertificate(join(dir, 'tls'), 'second')
    // Between the two copies the pair does not fit, which must cost nothing.
    copyFileSync(next.cert, tls.cert)
    copyFileSync(next.key, tls.key)
    expect(await until(async () => (await peerOf(Number(address.port))) === 'second')).toBe(true)
    running.abort()
    await run
  })

  it('does not start with files that do not fit', async () => {
    const [one, other] = [makeCertificate(dir, 'one'), makeCertificate(dir, 'other')]
    const mixed = { ...config, tls: createTls({ cert: one.cert, key: other.key }, log) }
    await expect(buildApi(mixed, deps, ended.signal)).rejects.toThrow(/use .*one.crt and .*other.key for TLS/)
  })
})

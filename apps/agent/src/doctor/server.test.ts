// The way to the server as the doctor tells it, each mishap caused by a real listener, or by none.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentConfig } from '../config.ts'
import { askServer, judgeClock } from './server.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-look-'))
const at = (name: string) => join(dir, name)
let answer: RequestListener = (_request, reply) => void reply.end('{}')
const plain = createServer((request, reply) => answer(request, reply))
let secure: ReturnType<typeof createSecureServer>
const portOf = (server: typeof plain | typeof secure) => (server.address() as AddressInfo).port

function makeCertificate(name: string): void {
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=${name}`
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)]
  execFileSync('openssl', [...words.split(' '), ...names], { stdio: 'pipe' })
}

beforeAll(async () => {
  makeCertificate('ours')
  makeCertificate('foreign')
  secure = createSecureServer({ cert: readFileSync(at('ours.crt')), key: readFileSync(at('ours.key')) }, (one, two) =>
    answer(one, two),
  )
  for (const server of [plain, secure]) await new Promise<void>((done) => server.listen(0, 'localhost', done))
})
afterAll(() => {
  for (const server of [plain, secure]) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(dir, { recursive: true })
})

const ask = (server: string, more: object = {}) =>
  askServer(agentConfig.parse({ node: 'node-1', ship: { server, ...more } }), Date.now)

describe('the way to the server', () => {
  it('is told with whom it takes this agent for, and how clocks stand', async () => {
    answer = (request, reply) =>
      void reply.end(JSON.stringify({ server: `home of ${String(request.headers['margay-agent'])}`, now: Date.now() }))
    const server = `https://localhost:${portOf(secure)}`
    const [reach, clock] = await ask(server, { ca: at('ours.crt') })
    expect(reach).toMatchObject({ verdict: 'ok', found: expect.stringContaining('into the cluster "home of node-1"') })
    expect(clock).toMatchObject({ name: 'clock', verdict: 'ok' })
  })

  it('is told with what the server says where it refuses', async () => {
    const detail = 'agent "node-1" runs on node "node-2"'
    answer = (_request, reply) => void reply.writeHead(403).end(JSON.stringify({ detail, hint: 'do that' }))
    const [reach, clock] = await ask(`http://localhost:${portOf(plain)}`)
    expect(reach).toMatchObject({
      verdict: 'missing',
      found: expect.stringMatching(new RegExp(`: refuses this agent: ${detail}$`)),
      hint: 'do that',
    })
    expect(clock).toBeUndefined()
  })

  it.each([
    ['refuses without a word', 404, '<h1>Not found</h1>', /refuses this agent: server answered 404$/, /server's log/],
    ['is another program', 200, '{"status":"up"}', /is no Margay server: the answer to \/agent/, /door for agents/],
    ['is a web site', 200, '<html></html>', /is no Margay server: the answer to \/agent/, /door for agents/],
  ])('is told with the next step where who answers %s', async (_words, status, body, found, hint) => {
    answer = (_request, reply) => void reply.writeHead(status).end(body)
    const [reach] = await ask(`http://localhost:${portOf(plain)}`)
    expect(reach).toMatchObject({ found: expect.stringMatching(found), hint: expect.stringMatching(hint) })
  })

  it.each<[string, () => string, object, RegExp]>([
    ['nobody listens', () => 'http://127.0.0.1:1', {}, /nothing listens there/],
    ['a socket is not there', () => `unix:${at('none.sock')}`, {}, /nothing listens there/],
    ['a name is not known', () => 'http://server.invalid:1', {}, /its name is not found/],
    [
      'the authority is another',
      () => `https://localhost:${portOf(secure)}`,
      { ca: 'foreign' },
      /of another authority/,
    ],
    ['the name is another', () => `https://127.0.0.1:${portOf(secure)}`, { ca: 'ours' }, /is for another name/],
    ['the server is plain', () => `https://localhost:${portOf(plain)}`, {}, /does not speak TLS there/],
    ['the server speaks TLS', () => `http://localhost:${portOf(secure)}`, {}, /ends the connection without an answer/],
  ])('says so where %s, and what to look at', async (_words, server, { ca }: { ca?: string }, words) => {
    const [reach] = await ask(server(), ca === undefined ? {} : { ca: at(`${ca}.crt`) })
    expect(reach).toMatchObject({ verdict: 'missing', found: expect.stringMatching(words), hint: expect.any(String) })
  })
})

it.each([
  [100_000, 100_000, 10, 'ok', 'agrees'],
  [103_000, 100_000, 10, 'limited', '3.0 s ahead of'],
  [100_000, 160_000, 10, 'limited', '60.0 s behind'],
  // The answer took longer than the clocks could differ.
  [103_000, 100_000, 6_000, 'ok', 'agrees'],
] as const)('a clock at %i, of which the server says %i after %i ms, is %s', (own, servers, took, verdict, words) => {
  expect(judgeClock(own, servers, took)).toMatchObject({ verdict, found: expect.stringContaining(words) })
})

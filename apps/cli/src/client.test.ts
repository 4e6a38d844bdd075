// The client against real servers on loopback, plain and with TLS: what it sends its token to, and how failures are told.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from './client.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-client-'))
const shown: (string | undefined)[] = []
const answer: RequestListener = (request, reply) => {
  shown.push(request.headers.authorization)
  if (request.url?.includes('away')) return void reply.writeHead(307, { location: '/api/v1/elsewhere' }).end()
  if (request.url?.includes('moved')) {
    return void reply.writeHead(308, { location: `https://margay.example${request.url}` }).end()
  }
  reply.end('{}')
}
const plain = createServer(answer)
let secure: ReturnType<typeof createSecureServer>
const portOf = (server: typeof plain | typeof secure) => (server.address() as AddressInfo).port

beforeAll(async () => {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=here'
  const names = ['-addext', 'subjectAltName=DNS:here.example']
  execFileSync('openssl', [...words.split(' '), ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer)
  for (const server of [plain, secure]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterAll(() => {
  for (const server of [plain, secure]) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(dir, { recursive: true })
})

describe('a token', () => {
  it.each(['http://margay.example:8585', 'http://10.0.0.7:8585', 'http://127.0.0.1.evil.example', 'http://[::2]/'])(
    'is not sent to %s, where others could read it',
    (server) => {
      expect(() => createClient(server, { token: 't' })).toThrow(/refuse to send a token to .* without TLS/)
      createClient(server)
    },
  )
  it.each(['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1', 'https://margay.example'])(
    'may go to %s',
    (server) => {
      createClient(server, { token: 't' })
    },
  )
  it('is shown to the server that was named and to none that it leads to', async () => {
    shown.length = 0
    const client = createClient(`http://127.0.0.1:${portOf(plain)}`, { token: 't' })
    await client.open('/there')
    await expect(client.open('/away')).rejects.toThrow(/leads to http:.*\/elsewhere\n/)
    expect(shown).toEqual(['Bearer t', 'Bearer t'])
  })
})

describe('a server that cannot be asked', () => {
  const failure = (server: string, ca?: string) => createClient(server, ca === undefined ? {} : { ca }).open('/x')

  it('says what is wrong with its certificate, and what to do', async () => {
    const server = `https://127.0.0.1:${portOf(secure)}`
    await expect(failure(server)).rejects.toThrow(/is not trusted: self-signed.*\ngive its authority with --ca/)
    const ca = readFileSync(join(dir, 'cert.pem'), 'utf8')
    await expect(failure(server, ca)).rejects.toThrow(/does not fit: .*127.0.0.1.*\nname the server as its certificate/)
  })
  it('says that it speaks TLS, or that it does not', async () => {
    await expect(failure(`http://127.0.0.1:${portOf(secure)}`)).rejects.toThrow(/write its address with https:/)
    await expect(failure(`https://127.0.0.1:${portOf(plain)}`)).rejects.toThrow(/does not speak TLS/)
  })
  it('says where it leads, as an ingress does from http to https', async () => {
    const server = `http://127.0.0.1:${portOf(plain)}`
    await expect(createClient(server).open('/moved?a=1')).rejects.toThrow(
      `${server} leads to https://margay.example\nif that is the server, give that address with --server`,
    )
  })
  it('says how to start one where none is', async () => {
    await expect(failure('http://127.0.0.1:1')).rejects.toThrow(/no Margay server answers.*\nstart one/)
  })
})

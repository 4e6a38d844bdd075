// The link over TLS: whom it trusts and what it shows are files that change under it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:https'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHttpLink } from './http-link.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-link-'))
const at = (name: string) => join(dir, name)
const shown: (string | undefined)[] = []
let server: Server
let address: string

function makeCertificate(name: string): void {
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=${name}`
  const names = ['-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)]
  execFileSync('openssl', [...words.split(' '), ...names, ...files], { stdio: 'pipe' })
}

beforeAll(async () => {
  makeCertificate('ours')
  makeCertificate('foreign')
  server = createServer({ cert: readFileSync(at('ours.crt')), key: readFileSync(at('ours.key')) }, (request, reply) => {
    shown.push(request.headers.authorization)
    request.resume().on('end', () => reply.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  address = `https://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true })
})

it('trusts the authority in its file, and a changed one from the next request on', async () => {
  const ca = at('ca.crt')
  copyFileSync(at('foreign.crt'), ca)
  const link = createHttpLink({ server: address, ca })
  const post = () => link.post('/', Buffer.from('x'), {}, { signal: AbortSignal.timeout(60_000), timeoutMs: 60_000 })
  await expect(post()).rejects.toThrow(/self-signed certificate/)
  copyFileSync(at('ours.crt'), ca)
  expect((await post()).status).toBe(200)
  copyFileSync(at('foreign.crt'), ca)
  await expect(post()).rejects.toThrow(/self-signed certificate/)
  link.close()
})

it('shows the token that its file holds now', async () => {
  const tokenFile = at('token')
  writeFileSync(tokenFile, 'first-token\n')
  const link = createHttpLink({ server: address, ca: at('ours.crt'), tokenFile })
  const post = () => link.post('/', Buffer.from('x'), {}, { signal: AbortSignal.timeout(60_000), timeoutMs: 60_000 })
  shown.length = 0
  await post()
  writeFileSync(tokenFile, 'the token after it\n')
  await post()
  expect(shown).toEqual(['Bearer first-token', 'Bearer the token after it'])
  rmSync(tokenFile)
  await expect(post()).rejects.toThrow(/read .*token: ENOENT/)
  link.close()
})

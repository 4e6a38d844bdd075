// Reviews over TLS to a server that answers what an API server might; the real one is asked in test/cluster.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import type { Server } from 'node:https'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Access } from '../kubernetes/index.ts'
import { createKubernetesPost } from './kubernetes-post.ts'
import { makeCertificate } from './testing/certificate.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-post-'))
let server: Server
let answer: RequestListener
let access: Access
let asked = 0

beforeAll(async () => {
  const { cert, key } = makeCertificate(dir, 'api')
  server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, reply) => {
    asked++
    answer(request, reply)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  access = { server: `https://127.0.0.1:${port}`, tls: { ca: readFileSync(cert, 'utf8') }, authorization: 'Bearer own' }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true })
})

const post = (more: Partial<Access> = {}) =>
  createKubernetesPost({ current: async () => ({ ...access, ...more }), refused: () => undefined })
const say = (status: number, text: string) => (answer = (_request, reply) => void reply.writeHead(status).end(text))

describe('a review', () => {
  it('is posted as ourselves and answered with JSON', async () => {
    answer = (request, reply) => void reply.end(JSON.stringify({ as: request.headers.authorization }))
    expect(await post()('/a/tokenreviews', {})).toEqual({ as: 'Bearer own' })
  })
  it.each([
    [403, '{}', /role must allow to create tokenreviews/],
    [500, 'secret-token', /answered \/a\/tokenreviews with 500$/],
    [200, '{"spec":{"token":"secret-token', /30 characters that are no JSON$/],
  ])('that is answered %i %s says so and repeats nothing of it', async (status, text, words) => {
    say(status, text)
    const error = (await post()('/a/tokenreviews', { token: 'secret-token' }).catch(
      (reason: unknown) => reason,
    )) as Error
    expect(error.message).toMatch(words)
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('secret-token')
  })
  it('is not sent to whoever answers: not without verified TLS, and not without TLS', async () => {
    say(200, '{}')
    const before = asked
    await expect(post({ tls: { ...access.tls, rejectUnauthorized: false } })('/a/b', {})).rejects.toThrow(
      /refuse to ask https:.*insecure-skip-tls-verify; give it certificate-authority/,
    )
    await expect(post({ server: access.server.replace('https', 'http') })('/a/b', {})).rejects.toThrow(/is not https/)
    await expect(post({ tls: {} })('/a/b', {})).rejects.toThrow(/self-signed/)
    expect(asked).toBe(before)
  })
})

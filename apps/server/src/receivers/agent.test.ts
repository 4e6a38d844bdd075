// The agents' door over a real socket, with a store of a few lines behind it.
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { createHealth, createLogger } from '@margay/kit'
import { flowLog } from '@margay/model'
import type { Block } from '@margay/store'
import {
  agentHeader,
  createFrameBuilder,
  framesPath,
  helloPath,
  lookPath,
  instanceHeader,
  joinPieces,
  pieceHead,
} from '@margay/wire'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveBatch } from '../live/live.ts'
import { ingestConfig } from '../segment/config.ts'
import type { Ingest } from '../segment/ingest.ts'
import { openIngest } from '../segment/ingest.ts'

const token = 'a-token-of-enough-length'
const silent = createLogger({ level: 'error', form: 'json' }, { write: () => {} })
let dir: string
let ended: AbortController
let ingest: Ingest
let running: Promise<void>
let socketPath: string
let blocks: Block[]
let shown: LiveBatch[]

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'margay-door-'))
  blocks = []
  shown = []
  ended = new AbortController()
  const listening = Promise.withResolvers<string>()
  ingest = openIngest(ingestConfig.parse({ token, segmentMs: 50 }), {
    dataDir: dir,
    insert: (block) => Promise.resolve(void blocks.push(block)),
    publish: (batch) => void shown.push(batch),
    log: silent,
    health: createHealth(),
    clock: () => Date.now(),
    onListening: listening.resolve,
  })
  running = ingest.run(ended.signal)
  socketPath = (await listening.promise).slice('unix:'.length)
})
afterEach(async () => {
  ended.abort()
  await running
  rmSync(dir, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly body: { readonly [member: string]: unknown }
}
interface Sent {
  readonly path?: string
  readonly body?: Uint8Array
  readonly agent?: string
  readonly instance?: string
  readonly bearer?: string
  readonly more?: Readonly<Record<string, string>>
}
const send = ({
  path = framesPath,
  body = new Uint8Array(),
  agent = 'node-1',
  instance = 'i1',
  bearer = token,
  more,
}: Sent) =>
  new Promise<Answer>((resolve, reject) => {
    const headers = { [agentHeader]: agent, [instanceHeader]: instance, authorization: `Bearer ${bearer}`, ...more }
    const call = request({ socketPath, path, method: 'POST', headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }))
    })
    call.on('error', reject).end(body)
  })
/** A request whose body has begun and not ended; an empty one is no frames. */
const beginBody = (agent: string) => {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = { [agentHeader]: agent, [instanceHeader]: 'i1', authorization: `Bearer ${token}` }
  const call = request({ socketPath, path: framesPath, method: 'POST', headers }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => (text += part))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }))
  })
  call.on('error', reject).flushHeaders()
  return { answer, end: () => call.end() }
}
const frame = (rows: number, options: { provisional?: boolean; epoch?: string } = {}) => {
  const { provisional = false, epoch = '00112233445566ff' } = options
  const builder = createFrameBuilder(flowLog)
  builder.define(0, { reporter: 'src', proto: 'tcp', action: 'allow' })
  const now = Math.floor(Date.now() / 1000)
  for (let i = 0; i < rows; i++) builder.add(0, { start_time: now, end_time: now, dest_ip: '198.51.100.7' })
  const name = { epoch, sequence: 0 }
  const bytes = builder.take({ agent: 'node-1', ...name, provisional, madeAt: now }, [])
  return joinPieces([Buffer.concat([pieceHead(name), zstdCompressSync(bytes)])])
}
/** A body of deltas, one row each, and the like of one agent's frames of one epoch. */
const deltas = (count: number) => {
  const now = Math.floor(Date.now() / 1000)
  const builder = createFrameBuilder(flowLog)
  builder.define(0, { reporter: 'src', proto: 'tcp', action: 'allow' })
  return joinPieces(
    Array.from({ length: count }, (_, sequence) => {
      builder.add(0, { start_time: now, end_time: now, dest_ip: '198.51.100.7' })
      const name = { epoch: '00112233445566ff', sequence }
      const bytes = builder.take({ agent: 'node-1', ...name, provisional: true, madeAt: now }, [])
      return Buffer.concat([pieceHead(name), zstdCompressSync(bytes)])
    }),
  )
}
/** Pieces of few bytes that are zeros, as many as are allowed of one frame. */
const bombs = (count: number) => {
  const zeros = zstdCompressSync(Buffer.alloc(64 * 1_048_576))
  const piece = (sequence: number) => Buffer.concat([pieceHead({ epoch: '00112233445566ff', sequence }), zeros])
  return joinPieces(Array.from({ length: count }, (_, sequence) => piece(sequence)))
}
const hello = (watched: boolean, agent = 'node-1', more: object = {}) =>
  Buffer.from(JSON.stringify({ agent, host: 'box', version: '1', since: 1, addresses: [], watched, ...more }))

describe('the agents door', () => {
  it('stores lasting rows before it answers', async () => {
    expect(await send({ body: frame(3) })).toEqual({
      status: 200,
      body: { results: [{ result: 'stored' }], watched: false },
    })
    await vi.waitFor(() => expect(blocks.map(({ rows }) => rows)).toEqual([3]))
    expect(ingest.agents()).toMatchObject([{ agent: 'node-1', rowsTotal: 3 }])
  })
  it('shows deltas to whoever watches and stores none', async () => {
    ingest.setWatched(true)
    expect((await send({ body: frame(2, { provisional: true }) })).body).toEqual({
      results: [{ result: 'shown' }],
      watched: true,
    })
    await send({ body: frame(1, { epoch: 'ffffffffffffffff' }) })
    expect(shown.map(({ provisional, rows }) => [provisional, rows.length])).toEqual([
      [true, 2],
      [false, 1],
    ])
    expect(shown[0]!.rows[0]).toMatchObject({ reporter: 'src', dest_name_aggr: 'pub', counts: true })
    await vi.waitFor(() => expect(blocks.map(({ rows }) => rows)).toEqual([1]))
  })
  it('holds a hello open until somebody watches', async () => {
    let isAnswered = false
    const answer = send({ path: helloPath, body: hello(false) }).finally(() => (isAnswered = true))
    await vi.waitFor(() => expect(ingest.agents()).toMatchObject([{ host: 'box' }]))
    expect(isAnswered).toBe(false)
    ingest.setWatched(true)
    expect((await answer).body).toMatchObject({ watched: true })
  })
  it('answers a hello at once that knows of another handover than the last', async () => {
    const answer = await send({ path: helloPath, body: hello(false, 'node-1', { handover: 1_793_000_000_500 }) })
    expect(answer.body).toMatchObject({ watched: false, handover: 0 })
  })
  it.each([
    ['a wrong token', { bearer: 'wrong' }, 401, 'no_token'],
    ['no instance', { instance: '' }, 400, 'no_name'],
    ['a body that is no frames', { body: Uint8Array.of(9, 0, 0, 0, 1) }, 400, 'body_broken'],
    ['a hello that is no JSON', { path: helloPath, body: Uint8Array.of(1) }, 400, 'body_broken'],
    ['a hello in the name of another', { path: helloPath, body: hello(false, 'node-2') }, 403, 'other_name'],
    ['a page that was made to point here', { more: { origin: 'http://evil.example:8586' } }, 403, 'a_page'],
    ['a page that says no origin', { more: { 'sec-fetch-site': 'same-origin' } }, 403, 'a_page'],
    ['another path', { path: '/api/v1/query' }, 404, 'no_such_path'],
  ])('answers %s with a code and what to do', async (_, sent, status, code) => {
    const answer = await send(sent)
    expect(answer).toMatchObject({ status, body: { code, status } })
    expect(answer.body.hint).toMatch(/\w/)
    expect((await send({ body: frame(1) })).body.results).toEqual([{ result: 'stored' }])
  })
  it('refuses a second living agent of one name', async () => {
    await send({ body: frame(1) })
    expect(await send({ body: frame(1), instance: 'i2' })).toMatchObject({ status: 409, body: { code: 'name_taken' } })
  })
  it('is looked at without taking the name of a living agent', async () => {
    await send({ body: frame(1) })
    const look = await send({ path: lookPath, instance: 'doctor' })
    expect(look).toMatchObject({ status: 200, body: { server: expect.any(String), now: expect.any(Number) } })
    expect(await send({ path: lookPath, bearer: 'wrong' })).toMatchObject({ status: 401, body: { code: 'no_token' } })
    expect((await send({ body: frame(1) })).status).toBe(200)
  })
  it('refuses frames that another agent made', async () => {
    expect((await send({ body: frame(1), agent: 'node-2' })).body.results).toMatchObject([
      { result: 'refused', code: 'broken', message: 'frame is of agent "node-1", sent by "node-2"' },
    ])
  })
  it('answers others between two frames of one body', async () => {
    ingest.setWatched(true)
    const frames = send({ body: deltas(250) })
    await vi.waitFor(() => expect(shown.length).toBeGreaterThan(0), { interval: 1 })
    expect((await send({ path: lookPath, agent: 'node-2' })).status).toBe(200)
    expect(shown.length).toBeLessThan(250)
    expect((await frames).body.results).toHaveLength(250)
    expect(shown).toHaveLength(250)
  })
  it('asks for the rest of a body again in which it could read nothing', async () => {
    const { results } = (await send({ body: bombs(200) })).body
    const refused = { result: 'refused', code: 'broken', message: expect.stringContaining('does not start with MGF') }
    expect(results).toMatchObject([refused, refused, refused, refused, { result: 'later' }])
    expect((await send({ body: frame(1, { epoch: 'ffffffffffffffff' }) })).body.results).toEqual([{ result: 'stored' }])
  })
  it('takes no more frames in one body than four times what an agent sends', async () => {
    expect((await send({ body: deltas(256) })).body.results).toHaveLength(256)
    expect(await send({ body: deltas(257) })).toMatchObject({ status: 400, body: { code: 'body_broken' } })
  })
  it('takes four bodies of an agent at once, and the next when one is done', async () => {
    const begun = Array.from({ length: 5 }, () => beginBody('node-1'))
    const answers = begun.map(({ answer }) => answer)
    const first = await Promise.race(answers)
    expect(first).toMatchObject({ status: 503, body: { code: 'too_many_bodies' } })
    expect((await send({ path: lookPath })).status).toBe(200)
    for (const { end } of begun) end()
    expect((await Promise.all(answers)).filter(({ status }) => status === 200)).toHaveLength(4)
    expect((await send({ body: frame(1) })).status).toBe(200)
  })
})

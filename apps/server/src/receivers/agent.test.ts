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
})

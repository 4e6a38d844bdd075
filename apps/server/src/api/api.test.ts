// The API over a real embedded store: what programs and pages may rely on.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parseJsonExact } from '@margay/model'
import type { Store } from '@margay/store'
import { createEmbeddedStore } from '@margay/store'
import type { IngestResponse, Problem } from '@margay/wire'
import { apiPrefix, answerSchema, fieldsSchema, graphSchema, problemSchema, routeList } from '@margay/wire'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Live } from '../live/live.ts'
import { createLive } from '../live/live.ts'
import { createDirectIntake } from '../testing/direct-intake.ts'
import { nobodyReports } from '../testing/nobody-reports.ts'
import { createTestVersions } from '../testing/versions.ts'
import { buildApi, createApi } from './api.ts'
import type { ApiConfig } from './api.ts'
import type { ApiDeps } from './context.ts'
import { checkListen, parseListen } from './listen.ts'

const now = 1_793_000_600
const t0 = 1_793_000_000

let dir: string
let store: Store
let live: Live
let app: FastifyInstance
let config: ApiConfig
let deps: ApiDeps
const faults: unknown[] = []
const ended = new AbortController()

const ordinary = {
  start_time: t0,
  end_time: t0 + 15,
  action: 'allow',
  reporter: 'dst',
  proto: 'tcp',
  source_ip: '10.77.0.1',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name: 'a-1',
  source_name_aggr: 'a-*',
  dest_ip: '10.77.0.2',
  dest_port: 80,
  dest_type: 'wep',
  dest_namespace: 'shop',
  dest_name: 'b-1',
  dest_name_aggr: 'b-*',
  dest_service_name: '-',
  dest_domains: null,
  process_name: 'curl',
  num_flows: 1,
  bytes_in: 1000,
  bytes_out: 200,
  packets_in: 5,
  packets_out: 4,
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'margay-api-'))
  store = createEmbeddedStore({ dir: join(dir, 'store') })
  await store.open()
  live = createLive({ maxPending: 1000, newsSeconds: 120 }, () => now)
  config = {
    listen: { host: '127.0.0.1', port: 0 },
    version: '9.9.9',
    allowedHosts: ['margay.example'],
    consoleDir: join(dir, 'console'),
    ingest: {
      maxBytes: 4_000_000,
      maxPlainBytes: 2_000_000,
      maxLineBytes: 100_000,
      maxAge: 400 * 86_400,
      keep: { flows: 30 * 86_400 },
    },
  }
  deps = {
    store,
    live,
    intake: createDirectIntake(store),
    cluster: 'test',
    unseen: () => [],
    objects: createTestVersions(),
    ends: nobodyReports,
    health: async () => ({
      state: 'ready',
      version: '9.9.9',
      demo: false,
      now,
      startedAt: now - 60,
      parts: [],
      sources: [],
      tables: [],
    }),
    isReady: () => true,
    isStuck: () => false,
    metrics: () => '# HELP margay_up Works.\n# TYPE margay_up gauge\nmargay_up 1\n',
    now: () => now,
    onFault: (error) => faults.push(error),
  }
  app = await buildApi(config, deps, ended.signal)
})

afterAll(async () => {
  ended.abort()
  await app.close()
  await store.close()
  await rm(dir, { recursive: true })
})

type Options = { readonly headers?: Record<string, string> }

const get = (url: string, { headers }: Options = {}) =>
  app.inject({ method: 'GET', url: apiPrefix + url, headers: { host: 'localhost:8585', ...headers } })

const post = (url: string, payload: unknown, { headers }: Options = {}) =>
  app.inject({
    method: 'POST',
    url: apiPrefix + url,
    headers: { host: '127.0.0.1:8585', 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  })

async function send(rows: readonly object[] | string | Buffer, headers: Record<string, string> = {}, type = 'flows') {
  const body =
    typeof rows === 'string' || Buffer.isBuffer(rows) ? rows : rows.map((row) => JSON.stringify(row)).join('\n')
  const reply = await post(`/ingest/${type}`, body, { headers: { 'content-type': 'application/x-ndjson', ...headers } })
  return { status: reply.statusCode, body: reply.json<IngestResponse & Problem>() }
}

const rowsOf = async (query: string, more: object = {}) => {
  const select = { kind: 'rows', sort: { field: 'start_time', descending: false }, limit: 1000 }
  const range = { from: { at: t0 - 3600 }, to: { at: t0 + 3600 } }
  const reply = await post('/query', { logType: 'flows', range, query, select, ...more })
  expect(reply.statusCode, reply.body).toBe(200)
  const { answer } = answerSchema.parse(parseJsonExact(reply.body))
  if (answer.kind !== 'rows') throw new Error('rows expected')
  return answer.rows
}

const problemOf = (reply: { statusCode: number; body: string; headers: Record<string, unknown> }): Problem => {
  expect(reply.headers['content-type']).toContain('application/problem+json')
  const problem = problemSchema.parse(JSON.parse(reply.body))
  expect(problem.status).toBe(reply.statusCode)
  expect(problem.hint).toBeTruthy()
  return problem
}

describe('ingest', () => {
  it('keeps good rows and names bad ones by line and field', async () => {
    const lines = [
      JSON.stringify({ ...ordinary, process_name: 'good-1' }),
      '{"start_time": oops',
      JSON.stringify({ ...ordinary, dest_port: 70_000, source_ip: 'x' }),
      '',
      JSON.stringify({ ...ordinary, start_time: t0 * 1000 }),
      JSON.stringify({ ...ordinary, end_time: t0 - 1 }),
      JSON.stringify({ ...ordinary, start_time: 978_307_300 }),
      JSON.stringify({ ...ordinary, process_name: 'good-2', surprise: 1 }),
    ]
    const { status, body } = await send(lines.join('\n'))
    expect(status).toBe(200)
    expect(body).toMatchObject({ accepted: 2, refused: 5, unknownFields: { surprise: 1 }, duplicate: false })
    expect(body.problems.map(({ line, field }) => [line, field])).toEqual([
      [2, ''],
      [3, 'source_ip'],
      [3, 'dest_port'],
      [5, 'start_time'],
      [6, 'end_time'],
      [7, 'start_time'],
    ])
    expect(await rowsOf('process_name: good-*')).toHaveLength(2)
  })

  it('says how many rows are older than rows are kept', async () => {
    const old = { ...ordinary, start_time: t0 - 40 * 86_400, process_name: 'old' }
    const { body } = await send([old, { ...ordinary, process_name: 'not-old' }])
    expect([body.accepted, body.expiring]).toEqual([2, 1])
  })

  it('takes equal rows as many and a repeated request as one', async () => {
    const rows = Array.from({ length: 10 }, () => ({ ...ordinary, process_name: 'equal' }))
    await send(rows)
    await send(rows)
    const first = await send(rows, { 'idempotency-key': 'k-1' })
    const again = await send(rows, { 'idempotency-key': 'k-1' })
    expect([first.body.accepted, first.body.duplicate]).toEqual([10, false])
    expect([again.body.accepted, again.body.duplicate]).toEqual([0, true])
    expect(await rowsOf('process_name: equal')).toHaveLength(30)
  })

  it('refuses an empty key, which would make all requests one', async () => {
    const { body } = await send([{ ...ordinary, process_name: 'keyless' }], { 'idempotency-key': ' ' })
    expect(body.code).toBe('bad_request')
    expect(await rowsOf('process_name: keyless')).toHaveLength(0)
  })

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('reads %s', async (encoding, compress) => {
    const text = JSON.stringify({ ...ordinary, process_name: `by-${encoding}` })
    const { body } = await send(compress(Buffer.from(text)), { 'content-encoding': encoding })
    expect(body.accepted).toBe(1)
    expect(await rowsOf(`process_name: by-${encoding}`)).toHaveLength(1)
  })

  it('refuses a body that grows beyond the limit, an unknown compression, a broken one and another log type', async () => {
    const bomb = gzipSync(Buffer.alloc(3_000_000, '\n'))
    expect((await send(bomb, { 'content-encoding': 'gzip' })).body.code).toBe('too_large')
    expect((await send('x'.repeat(4_000_001))).body.code).toBe('too_large')
    expect((await send('x', { 'content-encoding': 'br' })).body.code).toBe('bad_encoding')
    expect((await send('no gzip', { 'content-encoding': 'gzip' })).body.code).toBe('bad_encoding')
    expect((await send('{}', {}, 'nope')).body.code).toBe('unknown_log_type')
  })

  it('counts the source side of a conversation, and the destination where nobody reported the source', async () => {
    const base = { ...ordinary, process_name: 'counted' }
    await send([
      { ...base, reporter: 'dst' },
      { ...base, reporter: 'src' },
      { ...base, reporter: 'dst', source_type: 'net', source_namespace: '-', source_name_aggr: 'pub' },
    ])
    const found = await rowsOf('process_name: counted')
    expect(found.map(({ reporter, source_name_aggr: name, counts }) => [reporter, name, counts].join()).sort()).toEqual(
      ['dst,a-*,false', 'dst,pub,true', 'src,a-*,true'],
    )
    expect(await rowsOf('process_name: counted', { reports: 'counted' })).toHaveLength(2)
  })
})

describe('query', () => {
  it('keeps the digits of numbers over 2^53 from ingest to answer, sum and file', async () => {
    const digits = ['9007199254740993', '18446744073709551615']
    const text = digits.map((n) => JSON.stringify({ ...ordinary, process_name: 'big' }).replace('1000', n)).join('\n')
    await send(text)
    const rows = await rowsOf('process_name: big')
    expect(rows.map(({ bytes_in: n }) => String(n)).sort()).toEqual(digits.toSorted())
    const select = { kind: 'groups', by: [], measures: { sum: { sum: 'bytes_in' } }, limit: 1 }
    const range = { from: { at: t0 - 60 }, to: { at: t0 + 60 } }
    const reply = await post('/query', { logType: 'flows', range, query: 'process_name: big', select })
    expect(reply.body).toContain('"sum":18455751272964292608')
    const csv = await get(`/export.csv?logType=flows&query=process_name:big&fields=bytes_in&from=${t0}&to=${now}`)
    expect(csv.body.trim().split('\r\n').sort()).toEqual(['bytes_in', ...digits].sort())
    const ndjson = await get(`/export.ndjson?logType=flows&query=process_name:big&from=${t0}&to=${now}`)
    expect(ndjson.body).toContain(`"bytes_in":${digits[1]}`)
  })

  it('says at which character a filter is wrong and what to write', async () => {
    const range = { from: { ago: 60 }, to: { ago: 0 } }
    const select = { kind: 'rows', sort: { field: 'start_time', descending: true }, limit: 1 }
    const ask = async (query: string) => problemOf(await post('/query', { logType: 'flows', range, query, select }))
    expect(await ask('action: (deny')).toMatchObject({ code: 'query_syntax', at: { from: 13 } })
    expect(await ask('action = deny')).toMatchObject({ code: 'query_meaning', at: { from: 0 } })
    expect(await ask('nspace: shop')).toMatchObject({ code: 'query_meaning', at: { from: 0, to: 6 } })
    const other = { logType: 'flows', range, query: '', zone: 'Mars/Olympus', select }
    expect(problemOf(await post('/query', other))).toMatchObject({ code: 'bad_request' })
  })

  it.each([
    ['nope', {}, 'unknown_log_type'],
    [
      'flows',
      { kind: 'rows', fields: ['nspace'], sort: { field: 'start_time', descending: true }, limit: 1 },
      'unknown_field',
    ],
    ['flows', { kind: 'rows', sort: { field: 'start_time', descending: true }, limit: 0 }, 'bad_request'],
    ['flows', { kind: 'groups', by: [{ field: 'nope' }], measures: {}, limit: 1 }, 'unknown_field'],
  ])('refuses a question about %s with %o by a code', async (logType, select, code) => {
    const usual = { kind: 'rows', sort: { field: 'start_time', descending: true }, limit: 1 }
    const range = { from: { ago: 60 }, to: { ago: 0 } }
    const body = { logType, range, select: Object.keys(select).length > 0 ? select : usual }
    expect(problemOf(await post('/query', body)).code).toBe(code)
  })

  it('pages by a cursor and refuses one that is not ours', async () => {
    await send(
      Array.from({ length: 5 }, (_, index) => ({ ...ordinary, process_name: 'paged', start_time: t0 + index })),
    )
    const select = { kind: 'rows', sort: { field: 'start_time', descending: false }, limit: 2 }
    const times: unknown[] = []
    let cursor: string | undefined
    do {
      const range = { from: { at: t0 }, to: { at: t0 + 60 } }
      const body = { logType: 'flows', range, query: 'process_name: paged', select: { ...select, cursor } }
      const { answer } = answerSchema.parse((await post('/query', body)).json())
      if (answer.kind !== 'rows') throw new Error('rows expected')
      times.push(...answer.rows.map(({ start_time: time }) => time))
      cursor = answer.cursor
    } while (cursor !== undefined)
    expect(times).toEqual([t0, t0 + 1, t0 + 2, t0 + 3, t0 + 4])
    const range = { from: { at: t0 }, to: { at: t0 + 60 } }
    const wrong = await post('/query', { logType: 'flows', range, select: { ...select, cursor: 'nonsense' } })
    expect(problemOf(wrong).code).toBe('bad_cursor')
  })
})

describe('graph, fields, values and explain', () => {
  it('gives edges as columns, and totals that count each conversation once', async () => {
    await send([
      { ...ordinary, process_name: 'edge', reporter: 'src' },
      { ...ordinary, process_name: 'edge', reporter: 'dst', bytes_in: 200, bytes_out: 1000 },
    ])
    const range = { from: { at: t0 }, to: { at: t0 + 60 } }
    const reply = await post('/graph', { range, query: 'process_name: edge', extra: ['process_name'] })
    const graph = graphSchema.parse(parseJsonExact(reply.body))
    expect(graph.groups).toBe(2)
    const { process_name: process, reporter, bytes_in: bytes } = graph.columns
    expect(process).toEqual({ values: ['edge'], codes: [0, 0] })
    expect(reporter).toMatchObject({ codes: [0, 1] })
    expect(bytes).toHaveProperty('numbers')
    expect(graph.totals).toMatchObject({ rows: 1, bytes_in: 1000, num_flows: 1 })
  })

  it('says what counts in the search that the edges are of, and keeps to it where the limit leaves only denials', async () => {
    const pair = { ...ordinary, reporter: 'src', dest_name_aggr: 'held-*' }
    await send([pair, { ...pair, num_flows: 2 }, { ...pair, dest_port: 81, bytes_out: 9000 }])
    await send([{ ...pair, reporter: 'dst', action: 'deny' }])
    const range = { from: { at: t0 }, to: { at: t0 + 60 } }
    const denialCounts = async (query: string, limit = 100) => {
      const graph = graphSchema.parse(parseJsonExact((await post('/graph', { range, query, limit })).body))
      const words = ['action', 'counts'].map((name) => {
        const column = graph.columns[name]!
        return 'values' in column ? column.codes.map((code) => column.values[code]) : []
      })
      return words[1]![words[0]!.indexOf('deny')]
    }
    expect(await denialCounts('dest_name_aggr: held-*')).toBe(false)
    expect(await denialCounts('dest_name_aggr: held-*', 1)).toBe(false)
    expect(await denialCounts('dest_name_aggr: held-* and num_flows > 0', 1)).toBe(false)
    expect(await denialCounts('dest_name_aggr: held-* and reporter: dst')).toBe(true)
  })

  it('tells the catalogue', async () => {
    const { logTypes } = fieldsSchema.parse((await get('/fields')).json())
    expect(logTypes.map(({ name }) => name)).toEqual(['flows', 'dns', 'objects', 'policy_activity'])
    expect(logTypes[0]?.fields.find(({ name }) => name === 'tcp_max_smooth_rtt')?.unit).toBe('us')
  })

  it('gives the commonest values of a field, elements of lists too', async () => {
    const domains = (list: string[]) => ({ ...ordinary, process_name: 'valued', dest_domains: list })
    await send([domains(['v.test', 'w.test']), domains(['v.test']), domains([])])
    const ask = (field: string, prefix: string) =>
      get(`/values?logType=flows&field=${field}&prefix=${prefix}&from=${t0}&to=${now}`)
    expect((await ask('dest_domains', 'v')).json()).toEqual({ values: [{ value: 'v.test', count: 2 }], exact: true })
    expect((await ask('process_name', 'value')).json()).toEqual({
      values: [{ value: 'valued', count: 3 }],
      exact: true,
    })
    expect(problemOf(await ask('nope', '')).code).toBe('unknown_field')
  })

  it('explains a filter without asking it', async () => {
    const explain = async (query: string) => (await post('/explain-query', { logType: 'flows', query })).json()
    expect(await explain('action:deny')).toMatchObject({ ok: true, canonical: 'action: deny' })
    expect(await explain('action:')).toMatchObject({ ok: false })
    expect((await explain('policies.all_policies: x')).notes[0]).toMatchObject({ from: 0, message: expect.any(String) })
    expect((await explain('dest_port: x')).errors[0]).toMatchObject({ from: expect.any(Number) })
  })
})

describe('export', () => {
  it('quotes by RFC 4180, makes formulas harmless and lists readable', async () => {
    const names = ['=1+1', '+cmd', '@x', '-2+3', 'a,b', '"q"', 'two\nlines', '-', 'é']
    await send(names.map((name) => ({ ...ordinary, process_name: name, process_args: ['csv', 'x,"y"'] })))
    const url = `/export.csv?logType=flows&query=process_args:csv&fields=process_name,process_args&from=${t0}&to=${now}`
    const { body, headers } = await get(url)
    expect(headers['content-disposition']).toContain('margay-flows.csv')
    expect(headers['cache-control']).toBe('no-store')
    const cells = body.slice(body.indexOf('\r\n') + 2)
    for (const cell of [`'=1+1`, `'+cmd`, `'@x`, `'-2+3`, '"a,b"', '"""q"""', '"two\nlines"', '-', 'é']) {
      expect(cells).toContain(`${cell},"[""csv"",""x,\\""y\\""""]"\r\n`)
    }
    expect((await get(`${url}&formulas=raw`)).body).toContain('\r\n=1+1,')
  })

  it('has as many rows as the search', async () => {
    await send(Array.from({ length: 300 }, () => ({ ...ordinary, process_name: 'many' })))
    const { body, headers } = await get(`/export.ndjson?logType=flows&query=process_name:many&from=${t0}&to=${now}`)
    expect(headers['cache-control']).toBe('no-store')
    expect(body.trim().split('\n')).toHaveLength(300)
  })

  it('fails before the first byte where the search is wrong', async () => {
    expect(problemOf(await get('/export.csv?logType=flows&query=action:(a')).code).toBe('query_syntax')
    expect(problemOf(await get('/export.csv?logType=flows&fields=nope')).code).toBe('unknown_field')
  })
})

describe('the door', () => {
  it('says what is wrong with a body, a path, a method and a type', async () => {
    expect(problemOf(await post('/query', '{"a": ')).code).toBe('json_syntax')
    expect(problemOf(await post('/query', '')).code).toBe('json_syntax')
    expect(problemOf(await post('/query', '{"logType": 5}'))).toMatchObject({ code: 'bad_request' })
    expect(problemOf(await get('/nope')).code).toBe('not_found')
    const wrong = await get('/query')
    expect(problemOf(wrong).code).toBe('method_not_allowed')
    expect(wrong.headers.allow).toBe('POST')
    const xml = await post('/query', '<a/>', { headers: { 'content-type': 'text/xml' } })
    expect(problemOf(xml).code).toBe('unsupported_type')
    expect(problemOf(await post('/query', `{"a":"${'x'.repeat(1_100_000)}"}`)).code).toBe('too_large')
  })

  it.each([
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%5c..%5cx',
    '/%00',
    '/%zz',
    `${apiPrefix}/ingest/${'x'.repeat(300)}`,
  ])('answers an address that leads nowhere as one that is not there: %s', async (url) => {
    const reply = await app.inject({ url, headers: { host: 'localhost', accept: '*/*' } })
    expect(problemOf(reply).status).toBeLessThan(500)
    expect(reply.headers['x-content-type-options']).toBe('nosniff')
    expect(problemOf(await app.inject({ url, headers: { host: 'evil.example' } })).code).toBe('forbidden_host')
  })

  it.each([
    ['a foreign name', { host: 'evil.example' }, 'forbidden_host'],
    ['a name that starts like ours', { host: 'localhost.evil.example' }, 'forbidden_host'],
    ['a foreign page', { origin: 'http://evil.example' }, 'forbidden_origin'],
    ['another port of this machine', { origin: 'http://localhost:3000' }, 'forbidden_origin'],
    ['a page of another site without CORS', { 'sec-fetch-site': 'cross-site' }, 'forbidden_origin'],
  ])('refuses %s', async (_, headers, code) => {
    expect(problemOf(await get('/health', { headers })).code).toBe(code)
  })

  it.each(['localhost', '127.0.0.1:8585', '[::1]:8585', '127.5.5.5', 'margay.example'])(
    'answers under %s',
    async (host) => {
      const reply = await get('/health', { headers: { host, origin: `http://${host}` } })
      expect(reply.statusCode).toBe(200)
      expect(reply.headers['x-margay-version']).toBe('9.9.9')
      expect(reply.headers['access-control-allow-origin']).toBeUndefined()
    },
  )

  it('compresses with zstd where the client takes it', async () => {
    const reply = await get('/fields', { headers: { 'accept-encoding': 'gzip, zstd' } })
    expect(reply.headers['content-encoding']).toBe('zstd')
    expect(JSON.parse(zstdDecompressSync(reply.rawPayload).toString())).toHaveProperty('logTypes')
  })

  it('keeps the inside of our own faults to our log', async () => {
    const broken = await buildApi(
      config,
      { ...deps, health: () => Promise.reject(new Error('secret inside')) },
      ended.signal,
    )
    const reply = await broken.inject({ url: `${apiPrefix}/health`, headers: { host: 'localhost' } })
    expect(problemOf(reply)).toMatchObject({ code: 'internal', status: 500 })
    expect(reply.body).not.toContain('secret inside')
    expect(String(faults.at(-1))).toContain('secret inside')
    await broken.close()
  })

  it('documents every route in OpenAPI, and every problem', async () => {
    const document = (await get('/openapi.json')).json<{ paths: Record<string, object> }>()
    expect(Object.keys(document.paths)).toHaveLength(new Set(routeList.map(({ path }) => path)).size)
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('openapi.snapshot')
    expect((await get('/problems')).body).toContain('query_syntax')
    expect((await get('/metrics')).body).toContain('margay_up 1')
  })
})

describe('the console', () => {
  it('says how to build it where it is not built, and serves it where it is', async () => {
    const page = (url: string) => app.inject({ url, headers: { host: 'localhost', accept: 'text/html' } })
    expect((await page('/')).body).toContain('npm start')
    const consoleDir = join(dir, 'built')
    await import('node:fs/promises').then(({ mkdir }) => mkdir(join(consoleDir, 'assets'), { recursive: true }))
    await writeFile(join(consoleDir, 'index.html'), '<p>the console</p>')
    await writeFile(join(consoleDir, 'assets', 'app-1a2b.js'), 'hello()')
    const built = await buildApi({ ...config, consoleDir }, deps, ended.signal)
    const at = (url: string) => built.inject({ url, headers: { host: 'localhost', accept: 'text/html' } })
    for (const url of ['/', '/graph', '/explore?q=a']) {
      const reply = await at(url)
      expect(reply.body).toContain('the console')
      expect(reply.headers['cache-control']).toBe('no-cache')
      expect(reply.headers['content-security-policy']).toContain("default-src 'self'")
    }
    const asset = await at('/assets/app-1a2b.js')
    expect(asset.headers['cache-control']).toContain('immutable')
    expect(
      problemOf(await built.inject({ url: '/assets/gone.js', headers: { host: 'localhost', accept: '*/*' } })).code,
    ).toBe('not_found')
    await built.close()
  })
})

describe('the port', () => {
  it('refuses to listen beyond loopback, and says how to reach it', () => {
    const bare = { tls: false, login: false }
    expect(() => checkListen(parseListen('0.0.0.0:8585'), bare)).toThrow(/--tls-cert.*--auth-tokens.*ssh -L/)
    expect(() => checkListen(parseListen('192.0.2.1:80'), { ...bare, tls: true })).toThrow(/without login/)
    expect(() => checkListen(parseListen('[::]:80'), { ...bare, login: true })).toThrow(/without TLS/)
    checkListen(parseListen('0.0.0.0:8585'), { tls: true, login: true })
    for (const text of ['127.0.0.1:8585', '[::1]:8585', 'localhost:1', '8585']) checkListen(parseListen(text), bare)
    expect(() => parseListen('nonsense')).toThrow('write it as 127.0.0.1:8585')
  })

  it('says that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const api = createApi({ ...config, listen: { host: '127.0.0.1', port } }, deps)
    await expect(api.run(ended.signal)).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`)
    other.close()
  })
})

describe('tail', () => {
  const events = async function* (response: Response) {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        const name = /^event: (.*)$/m.exec(block)?.[1]
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (name && data) yield { name, data: JSON.parse(data) as Record<string, unknown> }
      }
    }
  }

  it('streams rows of several filters and a state, and lets go when the reader goes', async () => {
    const stop = new AbortController()
    const address = await new Promise<string>((resolve) => {
      void createApi(config, deps, resolve).run(stop.signal)
    })
    const subscriptions = [
      { id: 'denied', logType: 'flows', query: 'action: deny' },
      { id: 'dns', logType: 'dns' },
    ]
    const reader = new AbortController()
    const url = `${address}${apiPrefix}/tail?subscriptions=${encodeURIComponent(JSON.stringify(subscriptions))}`
    const response = await fetch(url, { signal: reader.signal, headers: { 'last-event-id': '7' } })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(live.watched()).toBe(true)
    const stream = events(response)
    expect((await stream.next()).value).toMatchObject({ name: 'state', data: { now, dropped: 0 } })
    const row = { start_time: now - 10, end_time: now - 2, action: 'deny', bytes_in: 5 }
    live.publish({ logType: 'flows', provisional: false, rows: [row, { ...row, action: 'allow' }] })
    live.publish({ logType: 'dns', provisional: true, rows: [{ start_time: now - 5, qname: 'x.test' }] })
    const got: Record<string, unknown>[] = []
    for await (const { name, data } of stream) {
      if (name === 'rows') got.push(data)
      if (name === 'state' && got.length === 2) {
        expect(data).toMatchObject({ lagSeconds: 2, dropped: 0 })
        break
      }
    }
    expect(got).toEqual([
      { id: 'denied', provisional: false, rows: [row] },
      { id: 'dns', provisional: true, rows: [{ start_time: now - 5, qname: 'x.test' }] },
    ])
    reader.abort()
    await expect.poll(() => live.watched(), { timeout: 10_000 }).toBe(false)
    stop.abort()
  })

  it('refuses subscriptions that cannot be read', async () => {
    const ask = (subscriptions: unknown) =>
      get(`/tail?subscriptions=${encodeURIComponent(JSON.stringify(subscriptions))}`)
    expect(problemOf(await get('/tail?subscriptions=oops')).code).toBe('json_syntax')
    expect(problemOf(await ask([])).code).toBe('bad_request')
    expect(problemOf(await ask([{ id: 'a', logType: 'flows', query: 'action: (' }])).code).toBe('query_syntax')
    expect(live.watched()).toBe(false)
  })
})

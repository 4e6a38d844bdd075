// The command line against a real server process: paging, filters with awkward values, files, and how it fails.
import { gzipSync } from 'node:zlib'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJsonExact } from '@margay/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json, Product } from './product.ts'
import { firstLine, runServerToEnd, startProduct } from './product.ts'

let margay: Product
let dir: string
const now = Math.floor(Date.now() / 1000)
const t0 = now - 1200

/** An ordinary row; a case changes only what it is about. */
const row = (change: Json): Json => ({
  start_time: t0,
  end_time: t0 + 15,
  action: 'allow',
  reporter: 'src',
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
  num_flows: 1,
  bytes_in: 1000,
  bytes_out: 200,
  ...change,
})

const lines = (rows: readonly Json[]) => rows.map((each) => JSON.stringify(each)).join('\n')

beforeAll(async () => {
  margay = await startProduct()
  dir = mkdtempSync(join(tmpdir(), 'margay-cli-'))
})

afterAll(async () => {
  await margay.remove()
  rmSync(dir, { recursive: true, force: true })
})

async function observed(...args: string[]): Promise<readonly Json[]> {
  const { code, out, err } = await margay.cli(['observe', '-o', 'json', ...args])
  expect([code, err]).toEqual([0, ''])
  return out === ''
    ? []
    : out
        .trim()
        .split('\n')
        .map((line) => parseJsonExact(line) as Json)
}

const times = (rows: readonly Json[]) => rows.map(({ start_time: time }) => Number(time) - t0)

describe('observe --last and --first', () => {
  beforeAll(async () => {
    const thousand = Array.from({ length: 1000 }, (_, index) =>
      row({
        source_namespace: 'paging',
        start_time: t0 + index,
        end_time: t0 + index + 10,
        action: index % 100 === 50 ? 'deny' : 'allow',
      }),
    )
    await margay.ingest('flows', lines(thousand))
  })

  it('counts after the filter: the last five denied ones, in the order of time', async () => {
    expect(times(await observed('-n', 'paging', '--verdict', 'deny', '--last', '5'))).toEqual([550, 650, 750, 850, 950])
  })

  it('gives all there are where more were asked for, over several pages, and is no error', async () => {
    const all = times(await observed('-n', 'paging', '--last', '5000'))
    expect(all).toEqual(Array.from({ length: 1000 }, (_, index) => index))
  })

  it('gives the oldest with --first, and both within --since and --until', async () => {
    expect(times(await observed('-n', 'paging', '--first', '5'))).toEqual([0, 1, 2, 3, 4])
    const since = ['--since', String(t0 + 900), '--until', String(t0 + 990)]
    expect(times(await observed('-n', 'paging', '--first', '2', ...since))).toEqual([900, 901])
    expect(times(await observed('-n', 'paging', '--last', '2', ...since))).toEqual([988, 989])
    expect(times(await observed('-n', 'paging', '-v', 'deny', ...since))).toEqual([950])
  })

  it('excludes --first with --last', async () => {
    const { code, err } = await margay.cli(['observe', '--first', '1', '--last', '1'])
    expect([code, err]).toEqual([2, 'margay: --first and --last exclude each other; give one of them\n'])
  })

  it('prints lines for people', async () => {
    const { out } = await margay.cli(['observe', '-n', 'paging', '-v', 'deny', '--last', '1'])
    expect(out).toMatch(/^ .*src {2}✕ source {4}paging\/a-1 → shop\/b-1:80 tcp {2}1 conn ↑200 B ↓1\.0 kB\n$/)
  })

  it('tails live rows that match, until it is ended', async () => {
    const tail = margay.cliStart(['observe', '-o', 'json', '--process', 'live-one'])
    const printed = firstLine(tail)
    const isWatched = async () => (await (await margay.get('/metrics')).text()).includes('margay_live_subscriptions 1')
    await expect.poll(isWatched, { timeout: 60_000 }).toBe(true)
    const recent = { start_time: now - 5, end_time: Math.floor(Date.now() / 1000) }
    await margay.ingest(
      'flows',
      lines([row({ ...recent, process_name: 'other' }), row({ ...recent, process_name: 'live-one' })]),
    )
    expect(JSON.parse(await printed)).toMatchObject({ process_name: 'live-one' })
    tail.kill('SIGINT')
    expect(await new Promise((resolve) => tail.once('close', resolve))).toBe(0)
  })
})

describe('values that look like something else', () => {
  const names = ['C:\\dir\\', 'say "hi"', 'a:b (c) {d}', 'x*y', '070', '70', '0A0', '1e3', '1000', '0x10', 'true']
  const wide = '9007199254740993'

  beforeAll(async () => {
    await margay.ingest(
      'flows',
      lines([...names, wide].map((name) => row({ source_namespace: 'odd', process_name: name, dest_name: name }))),
    )
  })

  it.each([...names, wide])('finds %j and only that, by flag and by query', async (name) => {
    const escaped = name.replaceAll('*', '\\*')
    const byFlag = await observed('-n', 'odd', '--process', escaped, '--last', '10')
    expect(byFlag.map(({ process_name: found }) => found)).toEqual([name])
    const quoted = `dest_name: "${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}" and source_namespace: odd`
    const byQuery = await margay.post('query', {
      logType: 'flows',
      range: { from: { at: t0 - 60 }, to: { at: now } },
      query: quoted,
      select: { kind: 'rows', sort: { field: 'start_time', descending: false }, limit: 10 },
    })
    expect(byQuery.answer).toMatchObject({ rows: [{ dest_name: name }] })
  })

  it('finds rows without a field by NOT, and tells absent from present', async () => {
    const base = { source_namespace: 'absent' }
    const three = [{ dest_domains: ['x.test'], process_name: 'p' }, { dest_domains: [], process_name: '' }, {}]
    await margay.ingest('flows', lines(three.map((change) => row({ ...base, ...change }))))
    const count = async (query: string) =>
      (await observed('-q', `source_namespace: absent and (${query})`, '--last', '10')).length
    expect(await count('not dest_domains: "x.test"')).toBe(2)
    expect(await count('not process_name: p')).toBe(2)
    // An empty text is stored as absent, which the product says; so both of them are.
    expect(await count('process_name: *')).toBe(1)
    expect(await count('not process_name: *')).toBe(2)
  })
})

describe('files', () => {
  it('imports files, names bad rows by file, line and field, and tells by the exit code', async () => {
    const good = join(dir, 'good.ndjson.gz')
    const bad = join(dir, 'bad.ndjson')
    writeFileSync(good, gzipSync(lines([row({ source_namespace: 'file' }), row({ source_namespace: 'file' })])))
    writeFileSync(
      bad,
      `${lines([row({ source_namespace: 'file' })])}\n{"oops\n${lines([row({ dest_port: 70_000 })])}\n`,
    )
    const fine = await margay.cli(['import', good])
    expect([fine.code, fine.out, fine.err]).toEqual([0, '2 rows stored, 0 refused\n', ''])
    const partly = await margay.cli(['import', bad])
    expect([partly.code, partly.out]).toEqual([1, '1 rows stored, 2 refused\n'])
    expect(partly.err).toContain(`${bad}:2: is not JSON`)
    expect(partly.err).toContain(`${bad}:3: dest_port: a port from 0 to 65535 is expected, got 70000`)
    expect(await observed('-n', 'file', '--last', '10')).toHaveLength(3)
    const missing = await margay.cli(['import', join(dir, 'missing')])
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('cannot read')])
  })

  it('takes lookups from standard input and tells them from flows', async () => {
    const lookup = {
      start_time: t0,
      end_time: t0 + 10,
      type: 'LOG',
      qname: 'x.test.',
      qtype: 'a',
      rcode: 'NXDomain',
      count: 3,
    }
    expect(await margay.cli(['import', '-'], { input: JSON.stringify(lookup) })).toMatchObject({ code: 0 })
    const { out } = await margay.cli([
      'query',
      '-t',
      'dns',
      'rcode: nxdomain',
      '--by',
      'qname',
      '--measure',
      'count',
      '-o',
      'csv',
    ])
    expect(out).toBe('qname,count\r\nx.test,3\r\n')
  })

  it('exports what was imported: importing the file again doubles it', async () => {
    const file = join(dir, 'out.ndjson')
    const before = await observed('-n', 'file', '--last', '10')
    await margay.cli(['export', 'source_namespace: file', '-o', 'ndjson', '--file', file])
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(before.length)
    await margay.cli(['import', file])
    expect(await observed('-n', 'file', '--last', '10')).toHaveLength(before.length * 2)
  })

  it('keeps all 64 bits, and makes formulas harmless', async () => {
    const digits = ['9007199254740993', '18446744073709551615']
    const text = digits.map((n) => lines([row({ source_namespace: 'wide', process_name: '=1+1' })]).replace('1000', n))
    await margay.ingest('flows', text.join('\n'))
    const csv = await margay.cli(['export', 'source_namespace: wide', '--fields', 'bytes_in,process_name'])
    expect(csv.out.split('\r\n').sort()).toEqual(
      ['', ...digits.map((n) => `${n},'=1+1`), 'bytes_in,process_name'].sort(),
    )
    const sum = await margay.cli(['query', 'source_namespace: wide', '--measure', 'sum:bytes_in', '-o', 'json'])
    expect(sum.out).toBe('[{"bytes_in":18455751272964292608}]\n')
    const json = await margay.cli([
      'query',
      'source_namespace: wide',
      '-o',
      'ndjson',
      '--fields',
      'bytes_in',
      '--sort',
      'bytes_in',
    ])
    expect(json.out).toContain(`"bytes_in":${digits[1]}`)
  })

  it('refuses times far off among ordinary rows, and stores the ordinary ones', async () => {
    const day = 86_400
    const odd = Array.from({ length: 2000 }, (_, index) =>
      row({ source_namespace: 'times', start_time: index * 23 * day, end_time: index * 23 * day + 10 }),
    )
    const wrong = [
      row({ source_namespace: 'times', start_time: now * 1000 }),
      row({ source_namespace: 'times', end_time: t0 - 1 }),
    ]
    const ordinary = [row({ source_namespace: 'times' }), row({ source_namespace: 'times' })]
    const answer = await margay.ingest('flows', lines([...odd, ...wrong, ...ordinary]))
    const recent = odd.filter(
      ({ start_time: time }) => Number(time) > now - 400 * day && Number(time) <= now + day,
    ).length
    expect([answer.accepted, answer.refused]).toEqual([ordinary.length + recent, odd.length - recent + wrong.length])
    expect(new Set(answer.problems.map(({ field }) => field))).toEqual(new Set(['start_time', 'end_time']))
    expect((await observed('-n', 'times', '--last', '100')).length).toBe(ordinary.length + recent)
    const { tables } = await margay
      .get('/health')
      .then((reply) => reply.json() as Promise<{ tables: { logType: string; newest: number }[] }>)
    expect(tables.find(({ logType }) => logType === 'flows')!.newest).toBeLessThanOrEqual(now + day)
  })
})

describe('how it fails', () => {
  it('says where a query is wrong', async () => {
    const { code, err } = await margay.cli(['query', 'action: (deny'])
    expect(code).toBe(2)
    expect(err).toContain('  action: (deny\n')
    expect(err).toMatch(/\n {2} +\^\n/)
  })

  it('says what to do where no server answers', async () => {
    const { code, err } = await margay.cli(['status', '--server', 'http://127.0.0.1:9'])
    expect(code).toBe(3)
    expect(err).toBe(
      'margay: no Margay server answers at http://127.0.0.1:9\n' +
        'start one with "npm start" (or "npm start -- --demo" for invented data), or name another with --server URL\n',
    )
  })

  it('tells each state in one line', async () => {
    const { code, out } = await margay.cli(['status'])
    expect(code).toBe(0)
    expect(out).toMatch(/✓ ready {4}all .*Margay \d/)
    expect(out).toMatch(/✓ ready {4}table flows +[\d,]+ rows/)
  })
})

describe('a server that cannot start', () => {
  it.each([
    [
      'the port is in use',
      () => ['--data', join(dir, 'second'), '--listen', new URL(margay.address).host],
      /port \d+ of 127\.0\.0\.1 is in use; stop what listens there/,
    ],
    [
      'the directory is taken',
      () => ['--data', margay.dataDir, '--listen', '127.0.0.1:0'],
      /uses this data directory; stop it first/,
    ],
    [
      'the address is not loopback',
      () => ['--data', join(dir, 'third'), '--listen', '0.0.0.0:0'],
      /refuse to listen on 0\.0\.0\.0:0 without TLS \(.*\) and login \(.*\); or listen on 127\.0\.0\.1:0 and reach it/,
    ],
    ['an option is unknown', () => ['--lsten=1'], /unknown option "--lsten"; did you mean --listen\?/],
  ] as const)('says in one message that %s, and disturbs nobody', async (_, args, message) => {
    const { code, err } = await runServerToEnd(args())
    expect(code).toBe(1)
    const words = err.split('\n').filter((line) => line !== '' && !line.startsWith('{"time"'))
    expect(words).toHaveLength(1)
    expect(words[0]).toMatch(message)
    expect((await margay.cli(['status'])).code).toBe(0)
  })

  it('has everything again after it was stopped and started', async () => {
    const before = await observed('-n', 'paging', '--last', '5000')
    const { code } = await margay.end()
    expect(code).toBe(0)
    margay = await startProduct([], margay.dataDir)
    expect(await observed('-n', 'paging', '--last', '5000')).toEqual(before)
  })
})

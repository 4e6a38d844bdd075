// What goes wrong for one is told once, clearly, and disturbs nobody else; here on a product that runs as a whole. Elsewhere:
// the server alone on a taken port or directory and the query line's errors (cli.test.ts), every refusal of the API
// (apps/server/src/api), broken frames beside good ones and a full disk of segments (durability/acknowledge.test.ts).
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mountSmall } from '../../packages/store/src/testing/small-disk.ts'
import { begin, margay, npmStart, patienceMs, until, type Finished, type Started } from './npm-start.ts'

let base: string
let dataDir: string
let product: Started
let unmount: () => void

/** Lines for people: our own log is JSON, one object a line. */
const messages = (output: string) => output.split('\n').filter((line) => line !== '' && !line.startsWith('{"time"'))

async function ingest(
  ...records: readonly object[]
): Promise<{ status: number; problem: { code?: string; hint?: string } }> {
  const body = records.map((record) => JSON.stringify(record)).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  const response = await fetch(`${product.address}/api/v1/ingest/flows`, { method: 'POST', body, headers })
  return { status: response.status, problem: (await response.json()) as object }
}

const flow = (port: number) => {
  const now = Math.floor(Date.now() / 1000)
  const known = { action: 'allow', reporter: 'src', proto: 'tcp', dest_port: port }
  return { ...known, start_time: now - 20, end_time: now - 10 }
}

const observe = (port: number): Promise<Finished> =>
  margay(['--server', product.address, 'observe', '--last', '100', '-o', 'json', '--port', String(port)])

let lastPort = 18_100

/** Still answers, still takes; gives the port of the row that it left. */
async function isUndisturbed(): Promise<number> {
  const port = ++lastPort
  expect((await ingest(flow(port))).status).toBe(200)
  // What was taken is durable at once, and found once it is inserted, which waits a while where the disk was full.
  const { code, out } = await until('the row to be found', async () => {
    const observed = await observe(port)
    return observed.code !== 0 || observed.out !== '' ? observed : undefined
  })
  expect([code, portsOf(out)]).toEqual([0, [port]])
  return port
}

/** Of rows as `-o json` prints them, one a line. */
const portsOf = (out: string) =>
  out.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { dest_port: number }).dest_port]))

/** Fills the disk of the data directory to its last page; again it takes what became free since. */
const fill = (file: string) => spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k', 'oflag=append', 'conv=notrunc'])

/** A request at the agents' door. */
function atAgentsDoor(body: Buffer): Promise<{ status: number; answer: Record<string, unknown> }> {
  const headers = { 'margay-agent': 'stranger', 'margay-agent-instance': 'a', 'content-length': body.length }
  const options = { socketPath: join(dataDir, 'agent.sock'), path: '/agent/v1/frames', method: 'POST', headers }
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode!, answer: JSON.parse(text) as never }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'margay-messages-'))
  dataDir = join(base, 'data')
  mkdirSync(dataDir)
  unmount = mountSmall(dataDir, '96m')
  product = await npmStart({ dataDir })
})

afterAll(async () => {
  await product?.stop()
  unmount?.()
  rmSync(base, { recursive: true, force: true })
})

describe('one clear message, and nobody else is disturbed', () => {
  it.each([
    [
      'the port is in use',
      () => [join(base, 'other'), new URL(product.address).host],
      /port \d+ of 127\.0\.0\.1 is in use; .*--listen/,
    ],
    ['the directory is taken', () => [dataDir, '127.0.0.1:0'], /uses this data directory; stop it first/],
  ] as const)('npm start where %s', async (_, place, message) => {
    const [data, listen] = place()
    const second = begin('start', ['--data', data!, '--listen', listen!])
    expect(await second.ended).toBe(1)
    expect(messages(second.output())).toEqual([expect.stringMatching(message)])
    await isUndisturbed()
  })

  it.each([
    ['an unknown field', 'nspace: shop', /unknown field "nspace"/],
    ['a filter with an error', 'action: (deny', /bracket|closed|\)/],
  ])('margay observe with %s', async (_, query, message) => {
    const { code, err } = await margay(['--server', product.address, 'observe', '--last', '1', '-q', query])
    expect(code).toBe(2)
    expect(err).toMatch(message)
    // The query again, and a caret under the place.
    expect(err.split('\n')).toContainEqual(expect.stringMatching(/^ *\^+/))
  })

  it('a broken frame at the agents door', async () => {
    const { status, answer } = await atAgentsDoor(Buffer.from('this is no frame'))
    expect(status).toBe(400)
    expect(answer).toMatchObject({ code: 'body_broken', hint: 'run agent and server of one release' })
    await until(
      'the agent of this machine to be as well as it was',
      async () =>
        (await product.health()).sources.some(({ kind, state }) => kind === 'agent' && state === 'ready') || undefined,
    )
    await isUndisturbed()
  })

  it('a full disk: new rows are refused with what to do, old ones are found, and it goes on once there is room', async () => {
    const before = await isUndisturbed()
    const ballast = join(dataDir, 'ballast')
    let port = 18_200
    // A file that is removed once its rows are inserted leaves room, and all is well again: the disk is filled anew.
    const refused = await until('rows to be refused, and health to say why', async () => {
      fill(ballast)
      const answer = await ingest(flow(++port))
      const failed = (await product.health()).parts.filter(({ state }) => state === 'failed')
      return answer.status === 507 && failed.some(({ says }) => /writing a segment failed: ENOSPC/.test(says))
        ? answer
        : undefined
    })
    expect(refused.problem).toMatchObject({
      code: 'disk_full',
      hint: expect.stringMatching(/make room on the disk/) as string,
    })
    const { code, out, err } = await observe(before)
    expect([code, portsOf(out)], err).toEqual([0, [before]])
    rmSync(ballast)
    await isUndisturbed()
    const unwell = async () => (await product.health()).parts.filter(({ state }) => state !== 'ready')
    await expect.poll(unwell, { timeout: patienceMs }).toEqual([])
    expect((await observe(port)).out).toBe('')
  })
})

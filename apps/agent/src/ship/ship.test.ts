// The ship against a server of a few lines that answers as it is told.
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { createHealth, createLogger } from '@margay/kit'
import type { Collector, Frame, FrameResult, Hello } from '@margay/wire'
import { decodeFrame, framesPath, readPiece, splitPieces } from '@margay/wire'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shipConfig } from './config.ts'
import { createShip } from './ship.ts'

const silent = createLogger({ level: 'error', form: 'json' }, { write: () => {} })
let dir: string
let server: Server
let frames: Frame[]
let hellos: Hello[]
let watched: boolean
/** What the next hello is answered with; held open without. */
let handover: number | undefined
let answer: (frame: Frame) => FrameResult
let ended: AbortController
let running: Promise<void> | undefined

const bodyOf = async (request: IncomingMessage) => {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}
const results = (body: Buffer): FrameResult[] => {
  const found: FrameResult[] = []
  for (const piece of splitPieces(body)) {
    const frame = decodeFrame(zstdDecompressSync(readPiece(piece).compressed))
    frames.push(frame)
    found.push(answer(frame))
    if (found.at(-1)!.result === 'define') break
  }
  return found
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'margay-ship-'))
  frames = []
  hellos = []
  watched = false
  handover = undefined
  answer = ({ provisional }) => ({ result: provisional ? 'shown' : 'stored' })
  ended = new AbortController()
  running = undefined
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      // A hello is held open, as the server does.
      if (request.url !== framesPath) {
        hellos.push(JSON.parse(body.toString()) as Hello)
        if (handover !== undefined) response.end(JSON.stringify({ server: 'c1', watched, handover }))
        handover = undefined
        return
      }
      response.end(JSON.stringify({ results: results(body), watched }))
    })
  })
  await new Promise<void>((resolve) => server.listen(join(dir, 'sock'), resolve))
})
afterEach(async () => {
  ended.abort()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await running
  rmSync(dir, { recursive: true, force: true })
})

const setUp = (options: object = {}, collectors: () => readonly Collector[] = () => []) => {
  const health = createHealth()
  const ship = createShip(shipConfig.parse({ server: `unix:${join(dir, 'sock')}`, ...options }), {
    log: silent,
    health,
    agent: 'node-1',
    host: 'node-1',
    version: 'test',
    dataDir: join(dir, 'data'),
    addresses: () => [],
    collectors,
  })
  const output = ship.open()
  return { output, health, run: () => (running = ship.run(ended.signal)) }
}
type Output = ReturnType<typeof setUp>['output']

const write = (output: Output, rows: number, sink: 'lasting' | 'live' = 'lasting') => {
  const series = output[sink].series('flows', { reporter: 'src', proto: 'tcp' })
  for (let i = 0; i < rows; i++)
    output[sink].add(series, { start_time: 1_793_000_000, source_ip: `fd00::${i.toString(16)}`, bytes_in: i })
}
const lasting = () => frames.filter(({ provisional }) => !provisional)
const rowsSeen = () => lasting().reduce((sum, frame) => sum + frame.rows.count, 0)

describe('ship', () => {
  it('sends what was spooled before it ran, and what comes later, in order', async () => {
    const { output, run } = setUp()
    write(output, 3)
    output.endInterval(0)
    void run()
    await vi.waitFor(() => expect(rowsSeen()).toBe(3))
    write(output, 2)
    output.endInterval(0)
    await vi.waitFor(() => expect(rowsSeen()).toBe(5))
    expect(lasting().map(({ sequence }) => sequence)).toEqual([0, 1])
    expect(new Set(lasting().map(({ epoch }) => epoch)).size).toBe(1)
  })
  it('sends an epoch from its beginning when the server has lost its definitions', async () => {
    const { output, run } = setUp()
    let hasForgotten = false
    answer = ({ epoch, sequence }) => {
      const forgets = sequence === 1 && !hasForgotten
      hasForgotten ||= forgets
      return forgets ? { result: 'define', epoch } : { result: 'stored' }
    }
    for (let i = 0; i < 3; i++) {
      write(output, 1)
      output.endInterval(0)
    }
    void run()
    await vi.waitFor(() => expect(lasting().map(({ sequence }) => sequence)).toEqual([0, 1, 0, 1, 2]))
  })
  it('keeps a frame until it is stored', async () => {
    const { output, run } = setUp()
    let later = 2
    answer = () => (later-- > 0 ? { result: 'later' } : { result: 'stored' })
    write(output, 1)
    output.endInterval(0)
    void run()
    await vi.waitFor(() => expect(frames.length).toBe(3), { timeout: 10_000 })
    expect(new Set(frames.map(({ sequence }) => sequence))).toEqual(new Set([0]))
  })
  it('counts a frame that the server refuses for good, tells it with the next, and goes on', async () => {
    const { output, run, health } = setUp()
    answer = ({ sequence }) =>
      sequence === 0 ? { result: 'refused', code: 'broken', message: 'x' } : { result: 'stored' }
    write(output, 4)
    output.endInterval(0)
    void run()
    await vi.waitFor(() => expect(health.report().ship?.lost).toEqual({ refused_broken: 4 }))
    write(output, 1)
    output.endInterval(0)
    await vi.waitFor(() => expect(lasting().at(-1)?.losses).toEqual([{ what: 'refused_broken', count: 4 }]))
  })
  it('drops its oldest epochs over the budget and counts their rows; the rest arrives', async () => {
    const { output, run, health } = setUp({ maxSpoolBytes: 1_048_576, epochBytes: 65_536 })
    // Addresses by chance, so that they do not compress away.
    let state = 1
    const chance = () => (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 16
    const hex = () => (chance() & 0xffff).toString(16)
    const intervals = 60
    for (let interval = 0; interval < intervals; interval++) {
      const series = output.lasting.series('flows', { reporter: 'src' })
      for (let i = 0; i < 2000; i++) {
        output.lasting.add(series, {
          start_time: 1_793_000_000,
          dest_ip: `fd00:${hex()}:${hex()}:${hex()}:${hex()}::1`,
        })
      }
      output.endInterval(0)
    }
    const dropped = health.report().ship?.lost?.spool_full ?? 0
    expect(dropped).toBeGreaterThan(0)
    expect(dropped % 2000).toBe(0)
    expect(health.report().ship?.queue?.length).toBeLessThanOrEqual(1_048_576 + 65_536)
    void run()
    await vi.waitFor(() => expect(rowsSeen()).toBe(intervals * 2000 - dropped), { timeout: 30_000 })
  })
  it('sends deltas at once, and numbers series anew when the server lost them', async () => {
    const { output, run } = setUp()
    void run()
    write(output, 1, 'live')
    output.endDelta()
    await vi.waitFor(() => expect(frames.map(({ provisional }) => provisional)).toEqual([true]))
    const before = output.live.epoch
    answer = ({ epoch }) => ({ result: 'define', epoch })
    write(output, 1, 'live')
    output.endDelta()
    await vi.waitFor(() => expect(frames.length).toBe(2))
    await vi.waitFor(() => {
      output.endDelta()
      expect(output.live.epoch).toBeGreaterThan(before)
    })
  })
  it('tells what collectors say once that has changed, though the server still holds its hello', async () => {
    let state: Collector['state'] = 'starting'
    const { run } = setUp({}, () => [{ name: 'tcp', title: 'TCP', state, says: '', missingFields: [] }])
    void run()
    await vi.waitFor(() => expect(hellos.map(({ collectors }) => collectors[0]!.state)).toEqual(['starting']))
    state = 'ready'
    const told = () => expect(hellos.map(({ collectors }) => collectors[0]!.state)).toEqual(['starting', 'ready'])
    await vi.waitFor(told, { timeout: 10_000 })
  })
  it('passes on that an address passed from one pod to another, and says of which it heard', async () => {
    const { output, run } = setUp()
    let heard = 0
    const hearNoMore = output.onHandover(() => heard++)
    output.onHandover(() => heard++)
    hearNoMore()
    handover = 1_793_000_000_500
    void run()
    await vi.waitFor(() => expect(hellos.map((hello) => hello.handover)).toEqual([0, 1_793_000_000_500]))
    expect(heard).toBe(1)
  })
  it('says that somebody watches once an answer said so', async () => {
    const { output, run } = setUp()
    watched = true
    void run()
    write(output, 1)
    output.endInterval(0)
    await vi.waitFor(() => expect(output.watched()).toBe(true))
  })
})

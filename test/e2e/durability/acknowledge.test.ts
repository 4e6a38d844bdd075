// What an acknowledgement means: the rows are synced, they count once however often they are sent, and whoever could not be
// served was told so.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mountSmall } from '../../../packages/store/src/testing/small-disk.ts'
import { flowRow, makePiece, sendPieces } from './frames.ts'
import type { Running } from './processes.ts'
import { start, storedRows, temporaryDir, whenStored } from './processes.ts'
import { acknowledgements } from './trace.ts'

const epoch = '00112233445566ff'
const isRoot = process.getuid?.() === 0
const hasStrace = spawnSync('strace', ['-V']).status === 0
let data: ReturnType<typeof temporaryDir>
let dataDir: string
let running: Running[]
beforeEach(() => {
  data = temporaryDir()
  dataDir = join(data.dir, 'server')
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((process) => process.kill()))
  data.remove()
})

const startServer = async (wrapper: readonly string[] = []) => {
  const server = start('server-process.ts', { dataDir }, wrapper)
  running.push(server)
  await server.said('listening')
  return server
}
const send = (...pieces: readonly Uint8Array[]) => sendPieces(join(dataDir, 'agent.sock'), pieces)
const results = async (...pieces: readonly Uint8Array[]) => (await send(...pieces)).map(({ result }) => result)
const rowsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => flowRow(first + index))

describe('an acknowledgement', () => {
  it.skipIf(!hasStrace)('comes after the fsync of segment and directory, each time (needs strace)', async () => {
    const trace = join(data.dir, 'trace')
    const calls = 'trace=fsync,rename,write,writev,sendto,sendmsg'
    const server = await startServer(['strace', '-f', '-y', '-s', '300', '-e', calls, '-o', trace])
    for (let sequence = 0; sequence < 5; sequence++) {
      expect(await results(makePiece({ epoch, sequence, rows: rowsFrom(sequence * 10, 10) }))).toEqual(['stored'])
    }
    // strace lets go of what it watches when it is killed, so the server is ended itself.
    process.kill(server.last<number>('pid')!, 'SIGTERM')
    await server.ended()
    const acknowledged = acknowledgements(readFileSync(trace, 'utf8'))
    expect(acknowledged).toHaveLength(5)
    for (const { before } of acknowledged)
      expect(before).toEqual(['segment synced', 'segment named', 'directory synced'])
  })

  it('of a batch that is sent again, in one request, later, and after a restart, counts it once', async () => {
    const first = makePiece({ epoch, sequence: 0, rows: rowsFrom(0, 100) })
    const second = makePiece({ epoch, sequence: 1, rows: rowsFrom(100, 100) })
    let server = await startServer()
    expect(await results(first, first)).toEqual(['stored', 'stored'])
    expect(await results(first, second)).toEqual(['stored', 'stored'])
    await server.kill()
    server = await startServer()
    // The new server knows the marks and not the definitions: it asks for the epoch, and drops its rows.
    expect(await results(second)).toEqual(['define'])
    expect(await results(first, second)).toEqual(['stored', 'stored'])
    await server.stop()
    server = await startServer()
    expect(await results(first, second)).toEqual(['stored', 'stored'])
    await whenStored(dataDir)
    await server.stop()
    expect(await storedRows(dataDir)).toEqual({ rows: 200, distinct: 200 })
  })

  it('of two requests at once with the same batch comes to both, and the batch counts once', async () => {
    const server = await startServer()
    const piece = makePiece({ epoch, sequence: 0, rows: rowsFrom(0, 50) })
    expect(await Promise.all([results(piece), results(piece)])).toEqual([['stored'], ['stored']])
    await whenStored(dataDir)
    await server.stop()
    expect(await storedRows(dataDir)).toEqual({ rows: 50, distinct: 50 })
  })

  it('of ten equal rows means ten rows, by the agents door and by the other', async () => {
    const server = await startServer()
    const row = flowRow(1)
    const equal = Array.from({ length: 10 }, () => row)
    expect(await results(makePiece({ epoch, sequence: 0, rows: equal }))).toEqual(['stored'])
    for (const sequence of [1, 2, 2]) {
      server.tell({ epoch: 'a', sequence, rows: equal.map((one) => ({ ...one, reporter: 'src', origin: 'import' })) })
      expect(await server.said('appended')).toBe(sequence)
    }
    expect(server.last('duplicate')).toBe(true)
    await whenStored(dataDir)
    await server.stop()
    expect(await storedRows(dataDir)).toEqual({ rows: 30, distinct: 1 })
  })

  it('is refused to a broken frame alone: its neighbours are kept, and so is what follows', async () => {
    const server = await startServer()
    const broken = makePiece({ epoch, sequence: 1, rows: rowsFrom(10, 10) })
    broken[broken.length - 8]! ^= 0xff
    const pieces = [0, 2, 3].map((sequence) => makePiece({ epoch, sequence, rows: rowsFrom(sequence * 10, 10) }))
    const [first, third, fourth] = pieces
    const answers = await send(first!, broken, third!)
    expect(answers.map(({ result }) => result)).toEqual(['stored', 'refused', 'stored'])
    expect(answers[1]).toMatchObject({ code: 'broken' })
    expect(await results(fourth!)).toEqual(['stored'])
    await whenStored(dataDir)
    await server.stop()
    expect(await storedRows(dataDir)).toEqual({ rows: 30, distinct: 30 })
  })

  it.skipIf(!isRoot)(
    'is withheld while the disk (which root mounts) is full, nothing else is disturbed, and the row counts once',
    async () => {
      const segments = join(dataDir, 'segments')
      mkdirSync(segments, { recursive: true })
      const unmount = mountSmall(segments, '512k')
      try {
        const server = await startServer()
        writeFileSync(join(segments, 'ballast'), new Uint8Array(508 * 1024))
        const pieces = [0, 1].map((sequence) => makePiece({ epoch, sequence, rows: rowsFrom(sequence * 200, 200) }))
        expect(await results(pieces[0]!, pieces[1]!)).toEqual(['later', 'later'])
        server.tell({ epoch: 'a', sequence: 1, rows: rowsFrom(9000, 100).map((row) => ({ ...row, reporter: 'src' })) })
        expect(await server.said('refused')).toBe(1)
        expect(server.last('message')).toMatch(/writing rows failed: ENOSPC/)
        rmSync(join(segments, 'ballast'))
        expect(await results(pieces[0]!, pieces[1]!)).toEqual(['stored', 'stored'])
        await whenStored(dataDir)
        await server.stop()
        expect(await storedRows(dataDir)).toEqual({ rows: 400, distinct: 400 })
      } finally {
        unmount()
      }
    },
  )

  it('is not given by a second server on the same data directory: it says who is there and ends', async () => {
    const server = await startServer()
    const second = start('server-process.ts', { dataDir })
    running.push(second)
    expect(await second.said('failed')).toMatch(
      new RegExp(`the server with pid ${server.child.pid} on .* uses this data directory`),
    )
    expect(await results(makePiece({ epoch, sequence: 0, rows: rowsFrom(0, 1) }))).toEqual(['stored'])
  })
})

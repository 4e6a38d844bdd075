import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSpool } from './spool.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'margay-kit-'))))
afterEach(() => rmSync(dir, { recursive: true }))

const open = (maxBytes = 10_000) => {
  const dropped: [file: number, records: number][] = []
  const torn: [file: number, bytes: number][] = []
  const spool = openSpool(
    { dir, magic: 'MGYTEST1', maxRecordBytes: 1000, maxBytes },
    {
      onDrop: (file, records) => {
        let count = 0
        while (records.next()) count++
        dropped.push([file, count])
      },
      onTorn: (file, bytes) => torn.push([file, bytes]),
    },
  )
  return { spool, dropped, torn }
}

describe('spool', () => {
  it('is read in the order in which it was written, after a restart too', () => {
    const { spool } = open()
    const first = spool.startFile()
    spool.append([Uint8Array.of(1)])
    const second = spool.startFile()
    spool.append([Uint8Array.of(2)])
    spool.close()
    const again = open().spool
    expect(again.files()).toEqual([first, second])
    expect([...again.read(second).next()!]).toEqual([2])
    expect(again.startFile()).toBeGreaterThan(second)
  })
  it('drops the oldest file first, tells its records, and never the file in hand', () => {
    const { spool, dropped } = open(200)
    const oldest = spool.startFile()
    spool.append([new Uint8Array(50)])
    spool.append([new Uint8Array(50)])
    spool.startFile()
    spool.append([new Uint8Array(100)])
    expect(dropped).toEqual([[oldest, 2]])
    spool.append([new Uint8Array(500)])
    expect(dropped).toHaveLength(1)
    expect(spool.files()).toHaveLength(1)
  })
  it('cuts a torn end and removes what is no spool file, and says so', () => {
    const { spool } = open()
    const file = spool.startFile()
    spool.append([Uint8Array.of(1)])
    spool.close()
    appendFileSync(join(dir, '000000000001.spool'), 'torn')
    writeFileSync(join(dir, '000000000002.spool'), 'MGY')
    const again = open()
    expect(again.torn).toEqual([
      [file, 4],
      [2, 3],
    ])
    expect(readdirSync(dir)).toEqual(['000000000001.spool'])
    expect([...again.spool.read(file).next()!]).toEqual([1])
  })
})

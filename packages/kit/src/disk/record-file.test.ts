import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecordFile, cutTornEnd, openRecordReader } from './record-file.ts'

const config = { magic: 'MGYTEST1', maxRecordBytes: 1000 }
let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'margay-kit-'))))
afterEach(() => rmSync(dir, { recursive: true }))

const write = (path: string, records: readonly Uint8Array[]) => {
  const file = createRecordFile(path, config)
  for (const record of records) file.append([record.subarray(0, 3), record.subarray(3)])
  file.sync()
  file.close()
}
const readAll = (path: string) => {
  const reader = openRecordReader(path, config)
  const records: Uint8Array[] = []
  for (let record = reader.next(); record; record = reader.next()) records.push(Uint8Array.from(record))
  const { position, torn } = reader
  reader.close()
  return { records, position, torn }
}

describe('record file', () => {
  it('gives back what was put in, whatever the end is torn to', () => {
    const records = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 8 })
    let round = 0
    fc.assert(
      fc.property(records, fc.nat(200), (given, cut) => {
        const path = join(dir, String(round++))
        write(path, given)
        const whole = readFileSync(path).length
        const kept = Math.max(8, whole - cut)
        truncateSync(path, kept)
        const { records: found, position, torn } = readAll(path)
        expect(found).toEqual(given.slice(0, found.length))
        expect(cut === 0 ? found.length === given.length : true).toBe(true)
        expect(torn).toBe(position < kept)
        expect(cutTornEnd(path, position)).toBe(kept - position)
        expect(readAll(path).torn).toBe(false)
      }),
      { numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? 60) },
    )
  })
  it('stops at a flipped bit', () => {
    const path = join(dir, 'flipped')
    write(path, [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)])
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path, bytes)
    expect(readAll(path)).toMatchObject({ records: [Uint8Array.of(1, 2, 3, 4)], torn: true })
  })
  it('allocates nothing for a length that the file cannot hold', () => {
    const path = join(dir, 'long')
    write(path, [])
    appendFileSync(path, Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0))
    expect(readAll(path)).toMatchObject({ records: [], torn: true })
  })
  it('refuses a file of another kind by name', () => {
    const path = join(dir, 'other')
    writeFileSync(path, 'MGYTEST2')
    expect(() => openRecordReader(path, config)).toThrow('it starts with "MGYTEST2" instead of "MGYTEST1"')
  })
})

// Laws of the frame over random rows of every field kind, and over random damage.
import type { FieldKind, Row } from '@margay/model'
import { logTypes, printIp } from '@margay/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from './crc32.ts'
import { FrameError } from './frame-error.ts'
import { createFrameBuilder, decodeFrame, rowAt } from './frame.ts'

const runs = { numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? 60), endOnFailure: true }
const head = { agent: 'node-1', epoch: '0123456789abcdef', sequence: 0, provisional: false, madeAt: 0 }

const text = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
const ip = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => printIp(bytes))
const counter = (width: number | undefined) =>
  width === 32
    ? fc.nat(0xffff_ffff)
    : fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => (n <= 2n ** 53n - 1n ? Number(n) : n))
const list = <T>(element: fc.Arbitrary<T>) => fc.array(element, { minLength: 1, maxLength: 4 })

const valueOf = (kind: FieldKind, width: number | undefined, values: readonly string[]): fc.Arbitrary<unknown> =>
  ({
    timestamp: fc.nat(0xffff_ffff),
    keyword: text,
    enum: values.length > 0 ? fc.constantFrom(...values) : text,
    text,
    ip,
    port: fc.integer({ min: 1, max: 65_535 }),
    count: counter(width),
    bytes: counter(width),
    duration: counter(width),
    bool: fc.boolean(),
    keywords: list(text),
    ips: list(ip),
    ports: list(fc.integer({ min: 1, max: 65_535 })),
    hits: list(text),
    keywordLists: list(list(text)),
  })[kind]

/** A few fields at a time, each a pair of name and value, so that a failure shrinks fast. */
const rowsOf = (at: number): fc.Arbitrary<Row[]> => {
  const pairs = Object.entries(logTypes[at]!.fields).map(([name, { kind, width, values }]) =>
    valueOf(kind, width, kind === 'enum' ? (values ?? []) : []).map((value) => [name, value] as const),
  )
  const row = fc.array(fc.oneof(...pairs), { maxLength: 8 }).map((chosen) => Object.fromEntries(chosen) as Row)
  return fc.array(row, { maxLength: 10 })
}

const encode = (at: number, rows: readonly Row[]) => {
  const builder = createFrameBuilder(logTypes[at]!)
  rows.forEach((row, index) => builder.define(index, row))
  rows.forEach((row, index) => builder.add(index, row))
  return builder.take(head, [])
}

describe('frame', () => {
  it.each(logTypes.map((type, at) => [type.name, at] as const))('of %s gives back every row as it was', (_, at) => {
    fc.assert(
      fc.property(rowsOf(at), (rows) => {
        const frame = decodeFrame(encode(at, rows))
        expect(frame.leftOut.size).toBe(0)
        expect(rows.map((_row, index) => rowAt(frame.rows.columns, index))).toEqual(rows)
        expect(rows.map((_row, index) => rowAt(frame.defined.columns, index))).toEqual(rows)
      }),
      runs,
    )
  })

  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
  it('damaged anywhere is read or refused with a FrameError, whatever its checksum says', () => {
    let refused = 0
    fc.assert(
      fc.property(rowsOf(0), damage, fc.nat(40), fc.boolean(), (rows, changes, cut, sealed) => {
        const whole = encode(0, rows)
        const bytes = whole.slice(0, Math.max(8, whole.length - cut))
        for (const [at, value] of changes) bytes[8 + (at % Math.max(1, bytes.length - 8))] = value
        if (sealed) new DataView(bytes.buffer).setUint32(4, crc32(bytes, 8), true)
        try {
          decodeFrame(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
          refused++
        }
      }),
      { numRuns: runs.numRuns * 10, endOnFailure: true },
    )
    expect(refused).toBeGreaterThan(0)
  })
  it('of random bytes behind a right head is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const bytes = Uint8Array.of(0x4d, 0x47, 0x46, 1, 0, 0, 0, 0, ...noise)
        new DataView(bytes.buffer).setUint32(4, crc32(bytes, 8), true)
        expect(() => decodeFrame(bytes)).toThrow(FrameError)
      }),
      runs,
    )
  })
})

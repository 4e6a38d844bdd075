import { flowLog } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { crc32 } from './crc32.ts'
import { joinPieces, pieceHead, readPiece, splitPieces } from './envelope.ts'
import { FrameError } from './frame-error.ts'
import { countFrame, createFrameBuilder, decodeFrame, readFrameHead, rowAt } from './frame.ts'

const head = { agent: 'node-1', epoch: '00112233445566ff', sequence: 3, provisional: false, madeAt: 1_793_000_000 }

/** Puts the right checksum on bytes that were changed. */
const seal = (bytes: Uint8Array) => {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, crc32(bytes, 8), true)
  return bytes
}
/** Renames a field within a frame; names must be equally long. */
const rename = (bytes: Uint8Array, from: string, to: string) => {
  const text = Buffer.from(bytes)
  const at = text.indexOf(from)
  expect(at).toBeGreaterThan(0)
  text.write(to, at, 'latin1')
  return seal(text)
}
const oneRow = (row = {}) => {
  const builder = createFrameBuilder(flowLog)
  builder.define(7, { reporter: 'src', proto: 'tcp', dest_port: 443 })
  builder.add(7, { start_time: 1_793_000_000, source_ip: '10.0.0.1', bytes_in: 1000, ...row })
  return builder.take(head, [{ what: 'ring_full', count: 2 }])
}

describe('frame', () => {
  it('carries head, losses, definitions and rows', () => {
    const bytes = oneRow({ dialled_ip: '10.96.0.10', dialled_port: 80 })
    const frame = decodeFrame(bytes)
    expect(frame).toMatchObject({ ...head, logType: 'flows', losses: [{ what: 'ring_full', count: 2 }] })
    expect([...frame.defined.numbers]).toEqual([7])
    expect(rowAt(frame.defined.columns, 0)).toEqual({ reporter: 'src', proto: 'tcp', dest_port: 443 })
    expect(rowAt(frame.rows.columns, 0)).toEqual({
      start_time: 1_793_000_000,
      source_ip: '10.0.0.1',
      bytes_in: 1000,
      dialled_ip: '10.96.0.10',
      dialled_port: 80,
    })
    expect(readFrameHead(bytes)).toEqual({ ...head, logType: 'flows' })
    expect(countFrame(bytes)).toEqual({ rows: 1, losses: [{ what: 'ring_full', count: 2 }] })
  })
  it.each([
    [2 ** 53, 9_007_199_254_740_992n],
    [2 ** 63, 9_223_372_036_854_775_808n],
    [2 ** 64, 18_446_744_073_709_551_615n],
  ])('carries the counter %s, which no varint holds, where all rows have it', (bytes_in, read) => {
    expect(rowAt(decodeFrame(oneRow({ bytes_in })).rows.columns, 0).bytes_in).toBe(read)
  })
  it('starts anew after each frame', () => {
    const builder = createFrameBuilder(flowLog)
    builder.add(0, { start_time: 1 })
    builder.take(head, [])
    expect(decodeFrame(builder.take(head, [])).rows.count).toBe(0)
  })
  it.each([9_007_199_254_740_993n, 18_446_744_073_709_551_615n, 0, 4_294_967_296])(
    'keeps %s digit for digit',
    (value) => {
      const builder = createFrameBuilder(flowLog)
      for (const bytes of [1, value]) builder.add(0, { start_time: 1_793_000_000, bytes_in: bytes })
      builder.add(0, { start_time: 1_793_000_001 })
      const { columns } = decodeFrame(builder.take(head, [])).rows
      expect([0, 1, 2].map((row) => rowAt(columns, row).bytes_in)).toEqual([1, value, undefined])
    },
  )
  it('keeps a number out that no counter can have', () => {
    expect(rowAt(decodeFrame(oneRow({ bytes_in: -1, bytes_out: Number.NaN })).rows.columns, 0)).toEqual({
      start_time: 1_793_000_000,
      source_ip: '10.0.0.1',
    })
  })
  it('keeps unknown fields of a newer agent out and counts them', () => {
    const frame = decodeFrame(rename(oneRow(), 'bytes_in', 'bytes_zz'))
    expect(frame.leftOut).toEqual(new Map([['unknown field bytes_zz', 1]]))
    expect(rowAt(frame.rows.columns, 0)).toEqual({ start_time: 1_793_000_000, source_ip: '10.0.0.1' })
  })
  it.each([
    ['a word outside a closed set', { dest_domain_source: 'dns' }, 'dns', 'xyz', 'dest_domain_source'],
    ['an address that is none', {}, '10.0.0.1', '10.0.0.x', 'source_ip'],
  ])('keeps %s out and counts it', (_, row, from, to, name) => {
    const frame = decodeFrame(
      rename(oneRow(row), `\u0003${from}`.length > 5 ? from : `\u0003${from}`, from.length > 3 ? to : `\u0003${to}`),
    )
    expect(frame.leftOut).toEqual(new Map([[`value of ${name}`, 1]]))
    expect(rowAt(frame.rows.columns, 0)).not.toHaveProperty(name)
  })
  it('keeps a number over the width of its field out', () => {
    const frame = decodeFrame(oneRow({ num_flows: 4_294_967_296 }))
    expect(frame.leftOut).toEqual(new Map([['value of num_flows', 1]]))
  })
  it('spells an IPv4-mapped address as IPv4', () => {
    expect(rowAt(decodeFrame(oneRow({ source_ip: '::ffff:10.0.0.1' })).rows.columns, 0).source_ip).toBe('10.0.0.1')
  })
  it.each([
    [
      'an unknown log type',
      (bytes: Uint8Array) => rename(bytes, '\u0005flows', '\u0005blows'),
      'unknown_log_type',
      'unknown log type "blows"',
    ],
    [
      'a field of another kind',
      (bytes: Uint8Array) => rename(bytes, 'source_ip', 'bytes_out'),
      'field_kind',
      'field bytes_out came as texts',
    ],
    ['another version', (bytes: Uint8Array) => ((bytes[3] = 9), bytes), 'version', 'frame has version 9'],
    ['a flipped bit', (bytes: Uint8Array) => ((bytes[40]! ^= 4), bytes), 'broken', 'checksum'],
    ['a cut end', (bytes: Uint8Array) => seal(bytes.slice(0, -3)), 'broken', 'frame ends inside'],
    ['bytes behind the end', (bytes: Uint8Array) => seal(Uint8Array.of(...bytes, 0)), 'broken', '1 bytes follow'],
    ['something else', () => new TextEncoder().encode('{"start_time":1}'), 'broken', 'does not start with MGF'],
  ])('refuses %s with one clear message', (_, change, code, message) => {
    const bytes = change(oneRow())
    expect(() => decodeFrame(bytes)).toThrow(FrameError)
    expect(() => decodeFrame(bytes)).toThrow(message)
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ code }) as Error)
  })
  it('grows with its rows, byte for byte', () => {
    for (let rows = 1; rows < 2000; rows = Math.ceil(rows * 1.13)) {
      const builder = createFrameBuilder(flowLog)
      for (let i = 0; i < rows; i++)
        builder.add(i, { start_time: 1_793_000_000 + i, dest_ip: `fd00::${i.toString(16)}`, bytes_in: i })
      const frame = decodeFrame(builder.take(head, []))
      expect(rowAt(frame.rows.columns, rows - 1)).toMatchObject({
        start_time: 1_793_000_000 + rows - 1,
        bytes_in: rows - 1,
      })
    }
  })
  it('refuses more rows than its limit', () => {
    const builder = createFrameBuilder(flowLog)
    for (let i = 0; i < 11; i++) builder.add(0, { start_time: 1 })
    const bytes = builder.take(head, [])
    expect(() => decodeFrame(bytes, { maxRows: 10, maxColumns: 10 })).toThrow(
      'frame holds 11 rows, at most 10 are taken',
    )
  })
})

describe('crc32', () => {
  it('is the one of zlib', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf4_3926)
  })
})

describe('envelope', () => {
  it('keeps the name of a frame readable beside its bytes', () => {
    const piece = Uint8Array.of(...pieceHead({ epoch: '00112233445566ff', sequence: 70_000 }), 1, 2)
    expect(readPiece(piece)).toEqual({ epoch: '00112233445566ff', sequence: 70_000, compressed: Uint8Array.of(1, 2) })
    expect(() => readPiece(Uint8Array.of(1, 2))).toThrow('piece of 2 bytes has no head')
  })
  it('gives back its pieces, empty ones too', () => {
    const pieces = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]
    expect(splitPieces(joinPieces(pieces))).toEqual(pieces)
  })
  it.each([[[1]], [[9, 0, 0, 0, 1]], [[255, 255, 255, 255]]])('refuses the cut body %j', (bytes) => {
    expect(() => splitPieces(Uint8Array.from(bytes))).toThrow('ends inside a frame')
  })
})

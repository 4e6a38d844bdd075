import { dnsLog, flowLog } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createBlockBuilder } from './block-builder.ts'
import { Growing, Texts, uint64s, varint } from './bytes.ts'
import { Dictionary } from './dictionary.ts'
import { rowColumn } from './row-column.ts'

const noon = 1_793_016_000

describe('the block builder', () => {
  it('counts rows, parts them by UTC day and starts anew', () => {
    const builder = createBlockBuilder(flowLog)
    const handle = builder.series({ source_name: 'a' })
    for (const start_time of [noon, noon + 1, noon + 86_400]) builder.add(handle, { start_time })
    expect(builder.rows).toBe(3)
    expect(builder.take().map(({ day, rows }) => [day, rows])).toEqual([
      ['2026-10-26', 2],
      ['2026-10-27', 1],
    ])
    expect([builder.rows, builder.take()]).toEqual([0, []])
  })

  it('keeps the codes of a forgotten series until its rows are taken, then uses its handle again', () => {
    const builder = createBlockBuilder(dnsLog)
    const first = builder.series({ client_name: 'first' })
    builder.add(first, { start_time: noon })
    builder.forget(first)
    const second = builder.series({ client_name: 'second' })
    expect(second).not.toBe(first)
    const [block] = builder.take()
    const bytes = Buffer.concat(block!.parts)
    expect([bytes.includes('first'), bytes.includes('second')]).toEqual([true, false])
    expect(builder.series({})).toBe(first)
  })

  it('hands over its buffers: what was taken does not change when more is added', () => {
    const builder = createBlockBuilder(flowLog)
    const handle = builder.series({ source_name: 'a' })
    builder.add(handle, { start_time: noon, bytes_in: 1 })
    const [block] = builder.take()
    const before = Buffer.concat(block!.parts)
    builder.add(handle, { start_time: noon, bytes_in: 2 })
    builder.take()
    expect(Buffer.concat(block!.parts).equals(before)).toBe(true)
  })

  it.each([undefined, 0, -1, Number.NaN, 2 ** 32, 1_793_016_000_000, '2026'])(
    'refuses a row with the time %s',
    (start_time) => {
      const builder = createBlockBuilder(flowLog)
      const handle = builder.series({})
      expect(() => builder.add(handle, { ...(start_time !== undefined && { start_time }) })).toThrow('BUG')
      expect(builder.rows).toBe(0)
    },
  )
})

describe('a dictionary', () => {
  it('holds a text as long as someone does, and is as large as what is alive', () => {
    const dictionary = new Dictionary()
    const codes = Array.from({ length: 1_000 }, (_, index) => dictionary.hold(`text-${index % 10}`))
    expect([dictionary.size, codes[0] === codes[10]]).toEqual([10, true])
    for (const code of codes) dictionary.release(code)
    expect(dictionary.size).toBe(0)
    expect(dictionary.hold('new')).toBeLessThan(10)
  })
})

describe('native bytes', () => {
  it('write 64 bits of numbers and bigints alike, and clamp what does not fit', () => {
    const column = rowColumn(flowLog.fields.bytes_in)
    const values = [
      0,
      1,
      2 ** 40 + 5,
      9_007_199_254_740_993n,
      18_446_744_073_709_551_615n,
      2n ** 64n,
      -1,
      -1n,
      undefined,
    ]
    for (const value of values) column.push(value)
    const numbers = new BigUint64Array(Uint8Array.from(column.bytes()[0]!).buffer)
    const most = 18_446_744_073_709_551_615n
    expect([...numbers]).toEqual([0n, 1n, 2n ** 40n + 5n, 9_007_199_254_740_993n, most, most, 0n, 0n, 0n])
  })

  it('clamp a counter of 32 bits instead of wrapping it', () => {
    const column = rowColumn(flowLog.fields.num_flows)
    for (const value of [2 ** 32, 2n ** 40n, -5, 7]) column.push(value)
    expect([...new Uint32Array(Uint8Array.from(column.bytes()[0]!).buffer)]).toEqual([2 ** 32 - 1, 2 ** 32 - 1, 0, 7])
  })

  it('write texts of any length and script', () => {
    const texts = new Texts()
    for (const text of ['', 'a', 'ü', 'x'.repeat(127), 'x'.repeat(128), '\ud800', '日'.repeat(100)]) texts.push(text)
    const expected = ['', 'a', 'ü', 'x'.repeat(127), 'x'.repeat(128), '\ufffd', '日'.repeat(100)].flatMap((text) => {
      const bytes = Buffer.from(text)
      return [Buffer.from(varint(bytes.length)), bytes]
    })
    expect(Buffer.from(texts.bytes()).equals(Buffer.concat(expected))).toBe(true)
  })

  it('write varints and 64-bit numbers as Native does', () => {
    expect([...varint(300)]).toEqual([0xac, 0x02])
    expect([...uint64s(2 ** 32 + 1)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0])
    const growing = new Growing(new Uint8Array(1))
    for (let i = 0; i < 200; i++) growing.push(i)
    expect(growing.bytes().length).toBe(200)
  })
})

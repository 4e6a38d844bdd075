import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDnsStream } from './stream.ts'

const framed = (message: Buffer) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message])
const texts = (messages: readonly { readonly bytes: Buffer }[]) => messages.map(({ bytes }) => bytes.toString())
const bytesOf = (...messages: string[]) => Buffer.concat(messages.map((text) => framed(Buffer.from(text))))

describe('DNS over TCP', () => {
  it('takes the length in two segments of one byte, and two messages in one', () => {
    const stream = createDnsStream()
    stream.begin(99)
    const all = bytesOf('first', 'second', 'third')
    const out = [
      ...stream.push(100, all.subarray(0, 1), 1),
      ...stream.push(101, all.subarray(1, 2), 1),
      ...stream.push(102, all.subarray(2, 4), 2),
      ...stream.push(104, all.subarray(4), all.length - 4),
    ]
    expect(texts(out)).toEqual(['first', 'second', 'third'])
  })

  it('starts in the middle of a connection at a segment', () => {
    expect(texts(createDnsStream().push(5000, bytesOf('alone'), 7))).toEqual(['alone'])
  })

  it('works across the wrap of sequence numbers', () => {
    const stream = createDnsStream()
    stream.begin(0xffff_fffd)
    const all = bytesOf('around')
    expect(texts([...stream.push(0xffff_fffe, all.subarray(0, 4), 4), ...stream.push(2, all.subarray(4), 4)])).toEqual([
      'around',
    ])
  })

  it('marks a message of which a part was not captured, and reads the next one', () => {
    const stream = createDnsStream()
    const long = framed(Buffer.alloc(6000, 'a'))
    const [cut] = stream.push(0, long.subarray(0, 4095), long.length)
    expect(cut).toMatchObject({ isCut: true })
    expect(cut!.bytes).toHaveLength(4093)
    expect(texts(stream.push(long.length, bytesOf('next'), 6))).toEqual(['next'])
  })

  it('goes on behind a gap that is never filled', () => {
    const stream = createDnsStream()
    stream.begin(0)
    stream.push(1, bytesOf('lost').subarray(0, 3), 3)
    const out = Array.from({ length: 20 }, (_, i) => stream.push(100 + i * 6, bytesOf(`m${i % 10}xx`), 6)).flat()
    expect(out.length).toBeGreaterThanOrEqual(20 - 2)
  })

  it('gives the same messages for any segmentation, order and repetition', () => {
    const segments = fc.record({
      messages: fc.array(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 }),
      cuts: fc.array(fc.nat(300), { maxLength: 8 }),
      order: fc.infiniteStream(fc.nat(1000)),
    })
    fc.assert(
      fc.property(segments, ({ messages, cuts, order }) => {
        const all = Buffer.concat(messages.map((text) => framed(Buffer.from(text))))
        const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < all.length).sort((a, b) => a - b), all.length]
        const parts = edges.slice(1).map((to, i) => ({ from: edges[i]!, to }))
        const repeated = [...parts, ...parts.slice(0, 2)]
        const shuffled = repeated
          .map((part) => ({ part, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key)
        const stream = createDnsStream()
        stream.begin(41)
        const out = shuffled.flatMap(({ part: { from, to } }) =>
          stream.push(42 + from, all.subarray(from, to), to - from),
        )
        expect(texts(out)).toEqual(messages.map((text) => Buffer.from(text).toString()))
      }),
    )
  })
})

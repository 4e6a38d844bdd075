// Compressed bytes of somebody who means well, and of somebody who does not.
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib'
import { FrameError } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { declaredSize, unpackFrame } from './unpack-frame.ts'

const most = 64 * 1_048_576
/** As long as asked for, beginning as a frame does. */
const framed = (length: number, fill: Buffer = Buffer.alloc(0)) => {
  const bytes = Buffer.alloc(length)
  fill.copy(bytes)
  bytes.set([0x4d, 0x47, 0x46, 1])
  return bytes
}
/** As a stream is compressed whose length nobody knows before. */
async function withoutSize(bytes: Buffer): Promise<Buffer> {
  const stream = createZstdCompress()
  stream.write(bytes.subarray(0, 10))
  stream.flush(constants.ZSTD_e_flush)
  stream.end(bytes.subarray(10))
  return buffer(stream)
}
const codeOf = (compressed: Uint8Array, allowed = most) =>
  Promise.resolve()
    .then(() => unpackFrame(compressed, allowed))
    .then(
      ({ length }) => length,
      (error: unknown) => (error instanceof FrameError ? error.code : error),
    )

describe('unpacking a frame', () => {
  it.each([0, 1, 255, 256, 257, 65_535, 65_536, 65_792, 1_048_576, 5_000_000])(
    'knows the size of one of %i bytes before, and brings it out',
    async (length) => {
      const plain = framed(Math.max(length, 4), randomBytes(Math.min(length, 1000))).subarray(0, length)
      const compressed = zstdCompressSync(plain)
      expect(declaredSize(compressed)).toBe(length)
      expect(Buffer.compare(await unpackFrame(compressed, most), plain)).toBe(0)
    },
  )
  it('brings out one that does not say its size', async () => {
    const plain = framed(1_000_000)
    const compressed = await withoutSize(plain)
    expect(declaredSize(compressed)).toBeUndefined()
    expect(Buffer.compare(await unpackFrame(compressed, most), plain)).toBe(0)
  })
  it('is refused at once where it says that it is too large', () => {
    expect(() => unpackFrame(zstdCompressSync(framed(1001)), 1000)).toThrow('frame has more than 1000 bytes')
  })
  it('ends where it grows too large without having said so', async () => {
    expect(await codeOf(await withoutSize(framed(3_000_000)), 2_000_000)).toBe('too_large')
  })
  it('ends after its first bytes where a large one is no frame', async () => {
    expect(await codeOf(zstdCompressSync(Buffer.alloc(most)))).toBe('broken')
    expect(await codeOf(await withoutSize(Buffer.alloc(most)))).toBe('broken')
  })
  it('never gives more than a small one said, whatever comes behind it', async () => {
    const small = zstdCompressSync(framed(100))
    expect([100, 'broken']).toContain(await codeOf(Buffer.concat([small, zstdCompressSync(Buffer.alloc(most))])))
  })
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no zstd', Buffer.from('{"a":1}, and more')],
    ['a frame to be skipped', Buffer.from('502a4d1804000000aaaaaaaa', 'hex')],
    ['half a head', zstdCompressSync(framed(70_000)).subarray(0, 7)],
    ['half of a small one', zstdCompressSync(framed(70_000, randomBytes(70_000))).subarray(0, 40_000)],
    ['half of a large one', zstdCompressSync(framed(6_000_000, randomBytes(100_000))).subarray(0, 50_000)],
  ])('is broken for %s', async (_, bytes) => {
    expect(await codeOf(bytes)).toBe('broken')
  })
})

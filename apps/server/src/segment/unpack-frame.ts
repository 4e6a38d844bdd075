// Brings a frame's bytes out of their compression for somebody who may not mean well: some bytes of zstd can stand for
// gigabytes of zeros. What must stay true: no more is decompressed than was allowed; what declares itself large is
// decompressed away from the thread that everybody waits for, and only for as long as it looks like a frame.
import { createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import { FrameError, checkFrameStart } from '@margay/wire'

/** Several times what an agent's frame of 20,000 rows has. It is decompressed in a few milliseconds. */
const smallBytes = 4 * 1_048_576
/** What comes out of a large frame at a time; its beginning is looked at once the first has come. */
const stepBytes = 256 * 1_024

const zstdMagic = 0xfd2f_b528
const magicBytes = 4
/** Bytes of the dictionary's id and of the content's size, by their codes in the descriptor. */
const idBytes = [0, 1, 2, 4] as const
const sizeBytes = [0, 2, 4, 8] as const
/** What is to be added to a size of two bytes (RFC 8878, 3.1.1.1.4). */
const twoByteOffset = 256

/**
 * The size that a zstd frame says it has when decompressed; undefined where it does not say. Whether that is true shows only
 * later. Throws FrameError for what is no zstd frame.
 */
export function declaredSize(compressed: Uint8Array): number | undefined {
  const view = new DataView(compressed.buffer, compressed.byteOffset, compressed.length)
  if (compressed.length <= magicBytes || view.getUint32(0, true) !== zstdMagic) throw unreadable(compressed)
  const descriptor = view.getUint8(magicBytes)
  const code = descriptor >> 6
  const isSingleSegment = (descriptor & 0x20) !== 0
  const bytes = code === 0 && isSingleSegment ? 1 : sizeBytes[code]!
  const at = magicBytes + 1 + (isSingleSegment ? 0 : 1) + idBytes[descriptor & 3]!
  if (compressed.length < at + bytes) throw unreadable(compressed)
  switch (bytes) {
    case 0:
      return undefined
    case 1:
      return view.getUint8(at)
    case 2:
      return view.getUint16(at, true) + twoByteOffset
    case 4:
      return view.getUint32(at, true)
    case 8:
      return Number(view.getBigUint64(at, true))
  }
}

const unreadable = ({ length }: Uint8Array) =>
  new FrameError('broken', `frame of ${length} bytes cannot be decompressed`)

export const tooLarge = (most: number) =>
  new FrameError('too_large', `frame has more than ${most} bytes when decompressed`)

function unpackSmall(compressed: Uint8Array, size: number): Uint8Array {
  try {
    return zstdDecompressSync(compressed, { maxOutputLength: Math.max(1, size) })
  } catch {
    throw unreadable(compressed)
  }
}

/** Decompressed in the thread pool, step by step. */
async function unpackLarge(compressed: Uint8Array, most: number): Promise<Uint8Array> {
  const stream = createZstdDecompress({ chunkSize: stepBytes })
  const parts: Buffer[] = []
  let bytes = 0
  stream.end(compressed)
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      if (bytes === 0) checkFrameStart(part)
      bytes += part.length
      if (bytes > most) throw tooLarge(most)
      parts.push(part)
    }
  } catch (error) {
    throw error instanceof FrameError ? error : unreadable(compressed)
  }
  return Buffer.concat(parts)
}

/**
 * A frame's plain bytes, of which there may be `most`. Throws or rejects with FrameError: `broken` for what is no whole zstd
 * frame, or a large one that does not begin as ours do, `too_large` for more than was allowed.
 */
export function unpackFrame(compressed: Uint8Array, most: number): Uint8Array | Promise<Uint8Array> {
  const size = declaredSize(compressed)
  if (size !== undefined && size > most) throw tooLarge(most)
  // Fast path: agents say the size, and nearly all frames are small.
  return size !== undefined && size <= smallBytes ? unpackSmall(compressed, size) : unpackLarge(compressed, most)
}

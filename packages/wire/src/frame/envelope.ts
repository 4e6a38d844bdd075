// Several compressed frames in one request body: for each its length (u32, little-endian) and its bytes. What is inside a
// piece, and its compression, is the caller's business.
import { FrameError } from './frame-error.ts'

const lengthBytes = 4

export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(pieces.reduce((sum, piece) => sum + lengthBytes + piece.length, 0))
  const view = new DataView(body.buffer)
  let at = 0
  for (const piece of pieces) {
    view.setUint32(at, piece.length, true)
    body.set(piece, at + lengthBytes)
    at += lengthBytes + piece.length
  }
  return body
}

/** The pieces of a body, not copied. Throws FrameError when a length goes past the end, or more than `most` pieces come. */
export function splitPieces(body: Uint8Array, most = 1024): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < body.length;) {
    const length = at + lengthBytes <= body.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY
    if (at + lengthBytes + length > body.length)
      throw new FrameError('broken', `body of ${body.length} bytes ends inside a frame`)
    if (pieces.length === most) throw new FrameError('too_large', `body holds more than ${most} frames`)
    pieces.push(body.subarray(at + lengthBytes, at + lengthBytes + length))
    at += lengthBytes + length
  }
  return pieces
}

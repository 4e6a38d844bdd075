// Compressed frames on their way and at rest. A piece is a frame's epoch and sequence, in clear, and its compressed bytes:
// so a frame that turns out broken still has a name by which it can be refused for ever. A request body is pieces, each
// behind its length (u32, little-endian). The compression is the caller's business.
import { FrameError } from './frame-error.ts'

const lengthBytes = 4
/** Epoch (8 bytes), sequence (u32). */
const headBytes = 12

export interface PieceHead {
  readonly epoch: string
  readonly sequence: number
}

/** The clear head of a piece; the compressed frame goes behind it. */
export function pieceHead({ epoch, sequence }: PieceHead): Uint8Array {
  const head = new Uint8Array(headBytes)
  for (let i = 0; i < 8; i++) head[i] = Number.parseInt(epoch.slice(i * 2, i * 2 + 2), 16)
  new DataView(head.buffer).setUint32(8, sequence, true)
  return head
}

/** Splits a piece. Throws FrameError where it is too short to have a head. */
export function readPiece(piece: Uint8Array): PieceHead & { readonly compressed: Uint8Array } {
  if (piece.length < headBytes) throw new FrameError('broken', `piece of ${piece.length} bytes has no head`)
  const hex = Array.from(piece.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0'))
  const sequence = new DataView(piece.buffer, piece.byteOffset + 8, 4).getUint32(0, true)
  return { epoch: hex.join(''), sequence, compressed: piece.subarray(headBytes) }
}

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
    if (at + lengthBytes + length > body.length) {
      throw new FrameError('broken', `body of ${body.length} bytes ends inside a frame`)
    }
    if (pieces.length === most) throw new FrameError('too_large', `body holds more than ${most} frames`)
    pieces.push(body.subarray(at + lengthBytes, at + lengthBytes + length))
    at += lengthBytes + length
  }
  return pieces
}

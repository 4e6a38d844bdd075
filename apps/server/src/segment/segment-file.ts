// Segments on disk. A segment is what was acknowledged together: blocks that are ready for the store, and the marks of the
// batches in them. It is written whole, synced and only then given its name, so a file with a name is complete. The marks
// of segments that are gone live on in the checkpoint, which is written before they go.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { replaceFile, syncDirectory } from '@margay/kit'
import type { Block } from '@margay/store'
import type { MarkEntry } from './marks.ts'

export interface Segment {
  /** Its place in the order of inserts. */
  readonly number: number
  readonly id: string
  readonly marks: readonly MarkEntry[]
  readonly blocks: readonly Block[]
}

interface BlockHead {
  readonly logType: string
  readonly token: string
  readonly rows: number
  readonly bytes: number
  readonly crc: number
}

interface SegmentHead {
  readonly id: string
  readonly marks: readonly MarkEntry[]
  readonly blocks: readonly BlockHead[]
}

export interface SegmentDirectory {
  /** Writes and syncs; afterwards the segment survives a power cut. Throws what the file system says. */
  write(segment: Segment): { readonly path: string; readonly bytes: number }
  /** Throws when the file is not what was written. */
  read(path: string): Segment
  /** Paths of the segments that are not inserted yet, oldest first. */
  list(): readonly string[]
  /** Makes these marks outlive the segments that are removed next. */
  checkpoint(marks: readonly MarkEntry[]): void
  readCheckpoint(): readonly MarkEntry[]
  remove(path: string): void
  /** Keeps a segment that cannot be inserted where people find it, out of the way. Its new path. */
  setAside(path: string): string
  /** Bytes of all segments that are not inserted yet. */
  bytes(): number
}

/** `MGSEGM01`, length of the head (u32), CRC-32 of the head (u32); then the head as JSON, then the blocks. */
const magic = 'MGSEGM01'
const frontBytes = 16
const suffix = '.segment'

const nameOf = ({ number, id }: Segment) => `${String(number).padStart(12, '0')}-${id}${suffix}`

/** The place in the order, from a segment's path. */
export const numberOf = (path: string) => Number(basename(path).split('-')[0])

function headBytes(segment: Segment): Buffer {
  const blocks = segment.blocks.map(({ logType, token, rows, parts }): BlockHead => {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    const crc = parts.reduce((sum, part) => crc32(part, sum), 0)
    return { logType, token, rows, bytes, crc }
  })
  return Buffer.from(JSON.stringify({ id: segment.id, marks: segment.marks, blocks } satisfies SegmentHead))
}

function frontOf(head: Buffer): Buffer {
  const front = Buffer.alloc(frontBytes)
  front.write(magic, 'latin1')
  front.writeUInt32LE(head.length, 8)
  front.writeUInt32LE(crc32(head), 12)
  return front
}

function readHead(bytes: Buffer, path: string): { readonly head: SegmentHead; readonly end: number } {
  const end = bytes.length >= frontBytes ? frontBytes + bytes.readUInt32LE(8) : Number.POSITIVE_INFINITY
  const head = bytes.subarray(frontBytes, end)
  const isWhole =
    bytes.toString('latin1', 0, 8) === magic && end <= bytes.length && crc32(head) === bytes.readUInt32LE(12)
  if (!isWhole) throw new Error(`read segment ${basename(path)}: its head is damaged`)
  return { head: JSON.parse(head.toString()) as SegmentHead, end }
}

export function openSegmentDirectory(dir: string): SegmentDirectory {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const checkpointPath = join(dir, 'marks.json')
  for (const name of readdirSync(dir)) if (name.endsWith('.draft')) unlinkSync(join(dir, name))
  const sizes = new Map<string, number>()
  const list = () =>
    readdirSync(dir)
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => join(dir, name))
  for (const path of list()) sizes.set(path, statSync(path).size)
  return {
    write(segment) {
      const path = join(dir, nameOf(segment))
      const head = headBytes(segment)
      const pieces = [frontOf(head), head, ...segment.blocks.flatMap(({ parts }) => parts)]
      replaceFile(path, pieces)
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
      sizes.set(path, bytes)
      return { path, bytes }
    },
    read(path) {
      const bytes = readFileSync(path)
      const { head, end } = readHead(bytes, path)
      let at = end
      const blocks = head.blocks.map(({ logType, token, rows, bytes: length, crc }): Block => {
        const part = bytes.subarray(at, at + length)
        at += length
        if (part.length !== length || crc32(part) !== crc) {
          throw new Error(`read segment ${basename(path)}: the block of ${logType} is damaged`)
        }
        return { logType, token, rows, parts: [part] }
      })
      return { number: numberOf(path), id: head.id, marks: head.marks, blocks }
    },
    list,
    checkpoint: (marks) => replaceFile(checkpointPath, [Buffer.from(JSON.stringify(marks))]),
    readCheckpoint: () =>
      existsSync(checkpointPath) ? (JSON.parse(readFileSync(checkpointPath, 'utf8')) as MarkEntry[]) : [],
    remove(path) {
      unlinkSync(path)
      sizes.delete(path)
    },
    setAside(path) {
      const aside = join(dir, 'aside')
      mkdirSync(aside, { recursive: true, mode: 0o700 })
      const kept = join(aside, basename(path))
      renameSync(path, kept)
      syncDirectory(aside)
      sizes.delete(path)
      return kept
    },
    bytes: () => [...sizes.values()].reduce((sum, size) => sum + size, 0),
  }
}

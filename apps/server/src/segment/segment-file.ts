// Segments on disk. A segment is what was acknowledged together: blocks that are ready for the store, and the marks of the
// batches in them. It is written whole, synced and only then given its name, so a file with a name is complete. Once it is
// inserted it is cut back to its head, which needs no room on a disk that may be full; the marks in the heads live on in
// the checkpoint, which is written now and then, and before the heads go.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
} from 'node:fs'
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
  /** All marks on disk: of the checkpoint, and of the segments and heads that are younger. */
  marks(): readonly MarkEntry[]
  /** The segment is inserted: its blocks go, its head stays until the next checkpoint. */
  release(path: string): void
  /** Heads that wait for a checkpoint. */
  readonly released: number
  /** Writes all durable marks, durably, and removes the heads. */
  checkpoint(marks: readonly MarkEntry[]): void
  /** Keeps a segment that cannot be inserted where people find it, out of the way. Its new path. */
  setAside(path: string): string
  /** Bytes of all segments that are not inserted yet. */
  bytes(): number
}

/** `MGSEGM01`, length of the head (u32), CRC-32 of the head (u32); then the head as JSON, then the blocks. */
const magic = 'MGSEGM01'
const frontBytes = 16
const suffix = '.segment'
const releasedSuffix = '.inserted'

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

/** Whether a file is a head that says blocks and has none. */
function isCut(path: string): boolean {
  try {
    const bytes = readFileSync(path)
    const { head, end } = readHead(bytes, path)
    return head.blocks.length > 0 && bytes.length === end
  } catch {
    return false
  }
}

export function openSegmentDirectory(dir: string): SegmentDirectory {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const checkpointPath = join(dir, 'marks.json')
  for (const name of readdirSync(dir)) if (name.endsWith('.draft')) unlinkSync(join(dir, name))
  const sizes = new Map<string, number>()
  /** Where the heads of segments end that were written by us; others are read. */
  const headEnds = new Map<string, number>()
  const named = (ending: string) =>
    readdirSync(dir)
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => join(dir, name))
  const cut = (path: string) => {
    const kept = path.replace(suffix, releasedSuffix)
    renameSync(path, kept)
    truncateSync(kept, headEnds.get(path) ?? readHead(readFileSync(kept), kept).end)
    headEnds.delete(path)
    sizes.delete(path)
  }
  // A power cut may undo the new name and not the cut: a segment without its blocks was inserted.
  for (const path of named(suffix)) if (isCut(path)) cut(path)
  for (const path of named(suffix)) sizes.set(path, statSync(path).size)
  let released = named(releasedSuffix)
  const marksOf = (path: string): readonly MarkEntry[] => {
    try {
      return readHead(readFileSync(path), path).head.marks
    } catch {
      // Told when it is read to be inserted.
      return []
    }
  }
  return {
    write(segment) {
      const path = join(dir, nameOf(segment))
      const head = headBytes(segment)
      const pieces = [frontOf(head), head, ...segment.blocks.flatMap(({ parts }) => parts)]
      replaceFile(path, pieces)
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
      sizes.set(path, bytes)
      headEnds.set(path, frontBytes + head.length)
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
    list: () => named(suffix),
    marks() {
      const before = existsSync(checkpointPath) ? (JSON.parse(readFileSync(checkpointPath, 'utf8')) as MarkEntry[]) : []
      return [...before, ...[...released, ...named(suffix)].flatMap(marksOf)]
    },
    release(path) {
      cut(path)
      released.push(path.replace(suffix, releasedSuffix))
    },
    get released() {
      return released.length
    },
    checkpoint(marks) {
      replaceFile(checkpointPath, [Buffer.from(JSON.stringify(marks))])
      for (const path of released) unlinkSync(path)
      released = []
    },
    setAside(path) {
      const aside = join(dir, 'aside')
      mkdirSync(aside, { recursive: true, mode: 0o700 })
      const kept = join(aside, basename(path))
      renameSync(path, kept)
      syncDirectory(aside)
      headEnds.delete(path)
      sizes.delete(path)
      return kept
    },
    bytes: () => [...sizes.values()].reduce((sum, size) => sum + size, 0),
  }
}

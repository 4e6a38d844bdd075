// A file of records that only grows: 8 bytes of magic, then for each record its length (u32), the CRC-32 of its bytes (u32)
// and the bytes, all little-endian. A crash can only hurt the end, so a reader takes records until one is not whole and
// says how many good bytes there are. What the records mean is the caller's.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { syncDirectory, writeAll } from './durable.ts'

const magicBytes = 8
const headerBytes = 8

export interface RecordFileConfig {
  /** Exactly eight ASCII characters: what the file holds and the version of its form. */
  readonly magic: string
  /** A record over this is taken for damage; bounds what a reader allocates. */
  readonly maxRecordBytes: number
}

export interface RecordFile {
  /** Adds a record. It is durable only after `sync`. Throws what the file system says; a part written is cut off again. */
  append(pieces: readonly Uint8Array[]): void
  sync(): void
  readonly bytes: number
  close(): void
}

const magicOf = ({ magic }: RecordFileConfig): Buffer => {
  const bytes = Buffer.from(magic, 'latin1')
  if (bytes.length !== magicBytes) throw new Error(`BUG: magic "${magic}" is not eight characters`)
  return bytes
}

/** Makes a new file, durably, and fails where one is. */
export function createRecordFile(path: string, config: RecordFileConfig): RecordFile {
  const fd = openSync(path, 'ax', 0o600)
  const magic = magicOf(config)
  let bytes = magic.length
  try {
    writeAll(fd, [magic])
    fsyncSync(fd)
    syncDirectory(dirname(path))
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return {
    append(pieces) {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
      if (length > config.maxRecordBytes) throw new Error(`BUG: record of ${length} bytes is over the file's limit`)
      const header = Buffer.alloc(headerBytes)
      header.writeUInt32LE(length, 0)
      header.writeUInt32LE(
        pieces.reduce((sum, piece) => crc32(piece, sum), 0),
        4,
      )
      try {
        writeAll(fd, [header, ...pieces])
      } catch (error) {
        ftruncateSync(fd, bytes)
        throw error
      }
      bytes += headerBytes + length
    },
    sync: () => fsyncSync(fd),
    get bytes() {
      return bytes
    },
    close: () => closeSync(fd),
  }
}

export interface RecordReader {
  /** The next record, or undefined at the end of what is whole and readable now. */
  next(): Uint8Array | undefined
  /** Bytes up to the end of the last record read. */
  readonly position: number
  /** Whether bytes follow that are no whole record: a torn end, or one that is being written. */
  readonly torn: boolean
  close(): void
}

/** Reads a file from its start. Throws if the magic is not the expected one. A growing file may be read on. */
export function openRecordReader(path: string, config: RecordFileConfig): RecordReader {
  const fd = openSync(path, 'r')
  const read = (at: number, length: number): Buffer | undefined => {
    const bytes = Buffer.allocUnsafe(length)
    return readSync(fd, bytes, 0, length, at) === length ? bytes : undefined
  }
  const found = read(0, magicBytes)
  if (!found?.equals(magicOf(config))) {
    closeSync(fd)
    throw new Error(`read ${path}: it starts with "${found?.toString('latin1') ?? ''}" instead of "${config.magic}"`)
  }
  let position = magicBytes
  return {
    next() {
      const header = read(position, headerBytes)
      const length = header?.readUInt32LE(0)
      if (header === undefined || length === undefined || length > config.maxRecordBytes) return undefined
      // Fast path: nothing is allocated for a length that the file cannot hold.
      if (position + headerBytes + length > fstatSync(fd).size) return undefined
      const bytes = read(position + headerBytes, length)
      if (bytes === undefined || crc32(bytes) !== header.readUInt32LE(4)) return undefined
      position += headerBytes + length
      return bytes
    },
    get position() {
      return position
    },
    get torn() {
      return position < fstatSync(fd).size
    },
    close: () => closeSync(fd),
  }
}

/** Cuts a torn end off, durably. The bytes removed; 0 for a whole file. A file too short for its magic is emptied of all. */
export function cutTornEnd(path: string, goodBytes: number): number {
  const fd = openSync(path, 'r+')
  try {
    const torn = fstatSync(fd).size - goodBytes
    if (torn <= 0) return 0
    ftruncateSync(fd, goodBytes)
    fsyncSync(fd)
    return torn
  } finally {
    closeSync(fd)
  }
}

// A directory of numbered record files that is written at the young end and read at the old end, within a budget of
// bytes. Over the budget the oldest file goes first and its owner is told, so that what is lost is counted. The file in
// hand is never dropped; the owner starts a new one often enough.
import { mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory } from './durable.ts'
import type { RecordFile, RecordFileConfig, RecordReader } from './record-file.ts'
import { createRecordFile, cutTornEnd, openRecordReader } from './record-file.ts'

export interface SpoolConfig extends RecordFileConfig {
  readonly dir: string
  /** All files together; exceeded only by the file in hand. */
  readonly maxBytes: number
}

export interface SpoolDeps {
  /** Called before a file is dropped over budget; the reader is at its start. */
  readonly onDrop: (file: number, records: RecordReader) => void
  /** Called when a crash's torn end was cut off a file, or the file was unreadable and removed. */
  readonly onTorn?: (file: number, bytes: number) => void
}

export interface Spool {
  /** Closes the file in hand and starts the next; its number. Numbers only grow. */
  startFile(): number
  /** Ends the file in hand; the next record needs `startFile`. */
  endFile(): void
  /** Adds a record to the file in hand, after making room in the budget. Throws what the file system says. */
  append(pieces: readonly Uint8Array[]): void
  /** Makes what was appended durable. */
  sync(): void
  /** Numbers of all files, oldest first. */
  files(): readonly number[]
  read(file: number): RecordReader
  /** Removes a file that is done with. Removing the file in hand ends it. */
  remove(file: number): void
  readonly bytes: number
  readonly current: { readonly file: number; readonly bytes: number } | undefined
  close(): void
}

const suffix = '.spool'
const nameOf = (file: number) => `${String(file).padStart(12, '0')}${suffix}`

function listFiles(dir: string): number[] {
  return readdirSync(dir)
    .filter((name) => /^\d{12}\.spool$/.test(name))
    .map((name) => Number(name.slice(0, -suffix.length)))
    .sort((a, b) => a - b)
}

/** Opens the directory, makes it if needed, and cuts what a crash left torn. */
export function openSpool(config: SpoolConfig, deps: SpoolDeps): Spool {
  mkdirSync(config.dir, { recursive: true, mode: 0o700 })
  const pathOf = (file: number) => join(config.dir, nameOf(file))
  const sizes = new Map<number, number>()
  for (const file of listFiles(config.dir)) {
    const torn = recoverFile(pathOf(file), config)
    if (torn > 0) deps.onTorn?.(file, torn)
    const size = statSync(pathOf(file)).size
    if (size > 0) sizes.set(file, size)
    else unlinkSync(pathOf(file))
  }
  let last = Math.max(0, ...sizes.keys())
  let current: { readonly file: number; readonly handle: RecordFile } | undefined

  const bytes = () => [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const remove = (file: number) => {
    if (current?.file === file) {
      current.handle.close()
      current = undefined
    }
    unlinkSync(pathOf(file))
    // Durable, so that no power cut brings back what the receiver may have forgotten to know.
    syncDirectory(config.dir)
    sizes.delete(file)
  }
  const dropOldest = (): boolean => {
    const oldest = [...sizes.keys()].find((file) => file !== current?.file)
    if (oldest === undefined) return false
    const reader = openRecordReader(pathOf(oldest), config)
    try {
      deps.onDrop(oldest, reader)
    } finally {
      reader.close()
    }
    remove(oldest)
    return true
  }
  return {
    startFile() {
      current?.handle.close()
      current = undefined
      const file = ++last
      current = { file, handle: createRecordFile(pathOf(file), config) }
      sizes.set(file, current.handle.bytes)
      return file
    },
    endFile() {
      current?.handle.close()
      current = undefined
    },
    append(pieces) {
      if (!current) throw new Error('BUG: append to a spool without a file in hand')
      const more = pieces.reduce((sum, piece) => sum + piece.length, 0)
      while (bytes() + more > config.maxBytes && dropOldest());
      current.handle.append(pieces)
      sizes.set(current.file, current.handle.bytes)
    },
    sync: () => current?.handle.sync(),
    files: () => [...sizes.keys()],
    read: (file) => openRecordReader(pathOf(file), config),
    remove,
    get bytes() {
      return bytes()
    },
    get current() {
      return current && { file: current.file, bytes: current.handle.bytes }
    },
    close() {
      current?.handle.close()
      current = undefined
      syncDirectory(config.dir)
    },
  }
}

/** Cuts a file back to its whole records; a file that does not even start rightly is emptied. The bytes removed. */
function recoverFile(path: string, config: RecordFileConfig): number {
  let reader: RecordReader
  try {
    reader = openRecordReader(path, config)
  } catch {
    return cutTornEnd(path, 0)
  }
  try {
    while (reader.next());
    return cutTornEnd(path, reader.position)
  } finally {
    reader.close()
  }
}

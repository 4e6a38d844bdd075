// A block on its way into the engine: a private file that the engine reads by itself. Not inline, because chDB cuts binary
// data at a blank line and runs what follows as SQL (docs/decisions/0008). The file needs no fsync: until its insert is
// acknowledged the rows are still the caller's.
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError, storeError } from '../errors.ts'

/** Pieces per system call; Linux takes at most 1024. */
const piecesPerWrite = 1_000

export interface BlockFiles {
  /** Empties the directory of what a crash left. */
  prepare(): Promise<void>
  /** Writes the pieces, gives the path to `use`, and removes the file however that ends. */
  withFile<T>(parts: readonly Uint8Array[], use: (path: string) => Promise<T>): Promise<T>
}

export function createBlockFiles(dir: string): BlockFiles {
  let next = 1
  return {
    async prepare() {
      await rm(dir, { recursive: true, force: true })
      await mkdir(dir, { recursive: true, mode: 0o700 })
    },
    async withFile(parts, use) {
      const path = join(dir, `${next++}.native`)
      try {
        await writeParts(path, parts)
        return await use(path)
      } finally {
        await rm(path, { force: true })
      }
    },
  }
}

async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for (let at = 0; at < parts.length; at += piecesPerWrite) await writeAll(file, parts.slice(at, at + piecesPerWrite))
  } catch (error) {
    const message = `write the block ${path}: ${(error as Error).message}`
    throw new StoreError(storeError(message).code, message, { cause: error })
  } finally {
    await file.close()
  }
}

/** `writev` may write less than it was given when the disk fills; what is left is written alone, or says why it cannot. */
async function writeAll(file: Awaited<ReturnType<typeof open>>, parts: readonly Uint8Array[]): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  const { bytesWritten } = await file.writev([...parts])
  if (bytesWritten < total) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten))
}

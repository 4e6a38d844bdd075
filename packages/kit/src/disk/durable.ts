// Writing that outlives a power cut: a file counts only when its bytes and its directory entry were both synced.
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writevSync } from 'node:fs'
import { dirname } from 'node:path'

/** Syncs a directory, which makes names that were added, renamed or removed in it durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Writes all pieces at the file's end; a short write goes on where it stopped. */
export function writeAll(fd: number, pieces: readonly Uint8Array[]): void {
  let left = pieces.filter((piece) => piece.length > 0)
  while (left.length > 0) {
    // The kernel takes at most 1024 pieces in one call.
    let written = writevSync(fd, left.slice(0, 1024))
    while (left.length > 0 && written >= left[0]!.length) written -= left.shift()!.length
    if (written > 0) left = [left[0]!.subarray(written), ...left.slice(1)]
  }
}

/**
 * Replaces a file as a whole, durably: after a crash the path holds the old bytes or the new ones. Throws what the file
 * system says (`ENOSPC`, …); the old file is then untouched.
 */
export function replaceFile(path: string, pieces: readonly Uint8Array[]): void {
  const draft = `${path}.draft`
  const fd = openSync(draft, 'w', 0o600)
  try {
    writeAll(fd, pieces)
    fsyncSync(fd)
  } catch (error) {
    // On a full disk the draft would keep what little room there is.
    unlinkSync(draft)
    throw error
  } finally {
    closeSync(fd)
  }
  renameSync(draft, path)
  syncDirectory(dirname(path))
}

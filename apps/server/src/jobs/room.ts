// Room on the disk of the data directory. A little of it is held in reserve by a file, so that a server whose disk is full can
// start at all: what makes room again needs some first.
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FatalError, isDiskFull } from '@margay/kit'

export interface Room {
  /** Bytes that are free for us, and in all. */
  measure(): { readonly free: number; readonly size: number }
  /** Makes the reserve where it is missing and there is plenty of room. Never throws. */
  refill(): void
}

/** The engine writes some hundred kilobytes while it opens, and a segment is some megabytes. */
const reserveBytes = 16 * 1_048_576
/** A disk this many times the reserve has it to spare. */
const plenty = 8

/** Whether a file can be written: what is free by count may be kept for root, and a directory may have a quota. */
function canWrite(dir: string): boolean {
  const path = join(dir, `probe.${process.pid}`)
  try {
    writeFileSync(path, Buffer.alloc(4_096))
    return true
  } catch (error) {
    if (isDiskFull(error)) return false
    throw error
  } finally {
    rmSync(path, { force: true })
  }
}

function fill(path: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    const block = Buffer.alloc(1_048_576)
    for (let written = 0; written < reserveBytes; written += block.length) writeSync(file, block)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Gives the reserve up where nothing can be written. Throws a FatalError that says what to do where that is not enough. The
 * directory must be there.
 */
export function openRoom(dir: string): Room {
  const reserve = join(dir, 'reserve')
  if (!canWrite(dir)) {
    rmSync(reserve, { force: true })
    if (!canWrite(dir))
      throw new FatalError(`start in ${dir}: its disk is full; make room there, some megabytes are enough`)
  }
  const measure = () => {
    const { bavail, bsize, blocks } = statfsSync(dir)
    return { free: bavail * bsize, size: blocks * bsize }
  }
  return {
    measure,
    refill() {
      try {
        if (statSync(reserve, { throwIfNoEntry: false })?.size === reserveBytes) return
        if (measure().free < plenty * reserveBytes) return
        fill(reserve)
      } catch {
        // The disk filled up meanwhile; the next time will do.
        rmSync(reserve, { force: true })
      }
    },
  }
}

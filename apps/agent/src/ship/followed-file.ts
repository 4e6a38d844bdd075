// A small file that somebody else renews: read at the first use and again when it changed.
import { readFileSync, statSync } from 'node:fs'

export interface FollowedFile {
  /** What the file says now. Throws an Error that names it where it cannot be read. */
  read(): string
}

export function createFollowedFile(path: string): FollowedFile {
  let stamp: string | undefined
  let text = ''
  return {
    read() {
      try {
        // A kubelet swaps a link, so the file behind the name is another one.
        const { ino, mtimeMs, size } = statSync(path)
        const now = `${ino} ${mtimeMs} ${size}`
        if (now !== stamp) text = readFileSync(path, 'utf8')
        stamp = now
        return text
      } catch (cause) {
        throw new Error(`read ${path}: ${(cause as Error).message}`, { cause })
      }
    },
  }
}

// A disk of a few megabytes, for tests of a full one; only root can mount it. A run that was killed leaves its own mounted, so each
// bears the process that made it, and the next run takes away those whose process is gone.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const ours = /^margay-test-(\d+)$/

/** Where processes that are gone have left a disk, in a table of mounts (`/proc/mounts`). */
function leftBehind(table: string, isRunning: (pid: string) => boolean): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const [source = '', place = ''] = line.split(' ')
    const pid = ours.exec(source)?.[1]
    return pid === undefined || isRunning(pid) ? [] : [place]
  })
}

/** Mounts a disk of a size that `mount` knows (`64m`) over a directory; returns how to take it away. */
export function mountSmall(dir: string, size: string): () => void {
  const left = leftBehind(readFileSync('/proc/mounts', 'utf8'), (pid) => existsSync(`/proc/${pid}`))
  // Another run may have been faster.
  for (const place of left) spawnSync('umount', ['-l', place])
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, `margay-test-${process.pid}`, dir])
  // A process that still has a file open there keeps it, and nobody else sees it.
  return () => void execFileSync('umount', ['-l', dir])
}

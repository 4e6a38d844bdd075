// One process per data directory. The lock is a file that names its holder by pid, start time, boot and machine, so that a
// process that was killed leaves nothing to clear by hand, and a pid that came again is not taken for the holder. A holder
// on another machine (a shared volume) cannot be looked at: its lock is good as long as it is refreshed.
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FatalError } from '../supervise.ts'

interface Holder {
  readonly pid: number
  /** Clock ticks from boot to the process's start, from /proc. */
  readonly start: string
  readonly boot: string
  readonly machine: string
  /** What runs there: `server`, `agent`. */
  readonly what: string
}

export interface DirectoryLock {
  release(): void
}

const refreshMs = 5_000
/** Six refreshes missed: the other machine is gone. */
const foreignStaleMs = 30_000

const startOf = (pid: number): string | undefined => {
  try {
    // The second field is the program's name in brackets and may hold blanks; the rest is counted behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function isAlive(holder: Holder, path: string, now: number): boolean {
  if (holder.machine !== hostname()) return now - statSync(path).mtimeMs < foreignStaleMs
  return holder.boot === bootId() && startOf(holder.pid) === holder.start
}

const sameHolder = (a: Holder | undefined, b: Holder | undefined) => JSON.stringify(a) === JSON.stringify(b)

/** Takes a dead holder's lock away. Of several processes that try, one gets it; the others look again. */
function clearStale(path: string, stale: Holder | undefined, self: Holder): void {
  const aside = `${path}.stale.${self.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // Between the look and the rename another process may have taken the lock: then it gets it back.
  if (!sameHolder(readHolder(aside), stale)) linkSync(aside, path)
  unlinkSync(aside)
}

/**
 * Locks a data directory for this process, making it if needed. Throws a FatalError that names the holder where another
 * process has it.
 */
export function lockDirectory(dir: string, what: string): DirectoryLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'lock')
  const self: Holder = {
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    boot: bootId(),
    machine: hostname(),
    what,
  }
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 })
  try {
    take(dir, path, draft, self)
  } finally {
    unlinkSync(draft)
  }
  const refresh = setInterval(() => {
    if (sameHolder(readHolder(path), self)) utimesSync(path, new Date(), new Date())
  }, refreshMs)
  refresh.unref()
  return {
    release() {
      clearInterval(refresh)
      if (sameHolder(readHolder(path), self)) unlinkSync(path)
    },
  }
}

function take(dir: string, path: string, draft: string, self: Holder): void {
  for (let tries = 0; tries < 10; tries++) {
    try {
      // A link appears with its whole content or not at all, and fails where the name is taken.
      return linkSync(draft, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readHolder(path)
    if (holder && isAlive(holder, path, Date.now())) throw lockedError(dir, holder)
    clearStale(path, holder, self)
  }
  throw new FatalError(`lock ${dir}: other processes take the lock faster than it can be had; start one server only`)
}

const lockedError = (dir: string, holder: Holder) =>
  new FatalError(
    `lock ${dir}: the ${holder.what} with pid ${holder.pid} on ${holder.machine} uses this data directory; ` +
      'stop it first, or give this one a directory of its own with --data',
  )

// Which process holds a socket, from /proc alone: every open file of every process. Costly, so it is asked for seldom, and
// only where the kernel side cannot tell. Also finds the network namespaces that processes live in.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readStarted } from './process-table.ts'

export interface SocketOwner {
  readonly pid: number
  readonly startedNs: number
  readonly comm: string
}

export interface ProcScan {
  /** Owner by the socket's inode. */
  readonly owners: ReadonlyMap<number, SocketOwner>
  /** A path into each network namespace, by its inode. */
  readonly netnses: ReadonlyMap<number, string>
}

function socketInodes(dir: string): number[] {
  return readdirSync(dir).flatMap((name) => {
    try {
      const found = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(dir, name)))
      return found ? [Number(found[1])] : []
    } catch {
      return []
    }
  })
}

function scanProcess(proc: string, pid: string, owners: Map<number, SocketOwner>, netnses: Map<number, string>): void {
  const dir = join(proc, pid)
  const netns = join(dir, 'ns/net')
  netnses.set(statSync(netns).ino, netns)
  const inodes = socketInodes(join(dir, 'fd'))
  if (inodes.length === 0) return
  const owner = {
    pid: Number(pid),
    startedNs: readStarted(readFileSync(join(dir, 'stat'), 'latin1')),
    comm: readFileSync(join(dir, 'comm'), 'utf8').trimEnd(),
  }
  for (const inode of inodes) owners.set(inode, owner)
}

/** Looks at all processes now. Those that end meanwhile are left out. */
export function scanProc(proc: string): ProcScan {
  const owners = new Map<number, SocketOwner>()
  const netnses = new Map<number, string>()
  for (const pid of readdirSync(proc)) {
    if (!/^\d+$/.test(pid)) continue
    try {
      scanProcess(proc, pid, owners, netnses)
    } catch {
      // It has ended, or is closed to us.
    }
  }
  return { owners, netnses }
}

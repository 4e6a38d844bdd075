// Whose a network namespace is. Several agents share one kernel by cgroup; sockets have an owner, but a packet that was
// thrown away has only the namespace in which that happened. A namespace is ours if a process of our cgroup lives in it,
// another's if only others live there, and nobody's if it is empty.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { unifiedPath } from './cgroup.ts'

export interface NetnsOwners {
  /** By the namespace's inode number; undefined where nobody lives there. */
  isOurs(netns: number): boolean | undefined
}

export interface NetnsOwnersConfig {
  /** Directory of the cgroup tree, relative to its root. */
  readonly cgroup: string
  readonly procPath: string
}

const lookEveryMs = 1000

/** A process's namespace, or undefined where the process has ended meanwhile. */
export function netnsOf(procPath: string, pid: string): number | undefined {
  try {
    return statSync(join(procPath, pid, 'ns/net')).ino
  } catch {
    return undefined
  }
}

function isUnder(procPath: string, pid: string, cgroup: string): boolean {
  try {
    const path = unifiedPath(readFileSync(join(procPath, pid, 'cgroup'), 'utf8'))
    return path === cgroup || path?.startsWith(`${cgroup}/`) === true
  } catch {
    return false
  }
}

export function createNetnsOwners(
  { cgroup, procPath }: NetnsOwnersConfig,
  { clock }: { readonly clock: () => number },
): NetnsOwners {
  const path = `/${cgroup
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`
  const known = new Map<number, boolean>()
  let lookedAt = Number.NEGATIVE_INFINITY

  const look = () => {
    for (const pid of readdirSync(procPath)) {
      if (!/^\d+$/.test(pid)) continue
      const netns = netnsOf(procPath, pid)
      // Ours already, whoever else lives there.
      if (netns === undefined || known.get(netns) === true) continue
      known.set(netns, isUnder(procPath, pid, path))
    }
  }
  return {
    isOurs(netns) {
      // Fast path: nearly all drops are of pods that were seen before.
      if (known.get(netns) === true) return true
      const now = clock()
      // Another's may have become ours by now.
      if (now - lookedAt >= lookEveryMs) {
        lookedAt = now
        look()
      }
      return known.get(netns)
    },
  }
}

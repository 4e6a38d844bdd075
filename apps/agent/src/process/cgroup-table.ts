// From a cgroup's id, which is its directory's inode, to pod and container. The process that a record names is asked
// first; where it has gone the tree is walked, at most once a second. Bounded, as cgroups come and go.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readCgroupPath, unifiedPath } from './cgroup.ts'
import type { Container } from './cgroup.ts'

export interface CgroupTable {
  /** Pod and container of a cgroup; empty where it is no container's or is gone. */
  find(id: number, pid: number): Container
}

export interface CgroupTableConfig {
  /** Mount point of the unified hierarchy. */
  readonly root: string
  readonly procPath: string
  readonly maxCgroups: number
}

const none: Container = {}
const walkEveryMs = 1000

export function createCgroupTable(config: CgroupTableConfig, deps: { readonly clock: () => number }): CgroupTable {
  const known = new Map<number, Container>()
  let walkedAt = -walkEveryMs

  const keep = (id: number, container: Container) => {
    if (known.size >= config.maxCgroups) known.delete(known.keys().next().value!)
    known.set(id, container)
    return container
  }

  const askProcess = (id: number, pid: number): Container | undefined => {
    try {
      const path = unifiedPath(readFileSync(join(config.procPath, String(pid), 'cgroup'), 'utf8'))
      if (path === undefined || statSync(join(config.root, path)).ino !== id) return undefined
      return readCgroupPath(path)
    } catch {
      return undefined
    }
  }

  const walk = (dir: string) => {
    try {
      keep(statSync(dir).ino, readCgroupPath(dir.slice(config.root.length)))
      for (const entry of readdirSync(dir, { withFileTypes: true }))
        if (entry.isDirectory()) walk(join(dir, entry.name))
    } catch {
      // Removed while we looked.
    }
  }

  return {
    find(id, pid) {
      const container = known.get(id) ?? askProcess(id, pid)
      if (container) return known.has(id) ? container : keep(id, container)
      const now = deps.clock()
      if (now - walkedAt < walkEveryMs) return none
      walkedAt = now
      walk(config.root)
      return known.get(id) ?? keep(id, none)
    },
  }
}

const mountPattern = /^\S+ (\S+) cgroup2 /m

/** Where the unified hierarchy is mounted, from the text of /proc/mounts; undefined where it is not. */
export const findCgroupRoot = (mounts: string): string | undefined => mountPattern.exec(mounts)?.[1]

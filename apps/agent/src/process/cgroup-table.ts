// From a cgroup's id, which is its directory's inode, to pod and container. The kernel is asked for the path, also of a
// process that has ended; where that is not allowed the process is asked, else the tree is walked. Bounded, as cgroups
// come and go.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setNewest } from '@margay/kit'
import type { Native } from '../kernel/native.ts'
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

export interface CgroupTableDeps {
  readonly native: Pick<Native, 'cgroupPath'>
  /** Milliseconds. */
  readonly clock: () => number
}

const none: Container = {}
const walkEveryMs = 1000

export function createCgroupTable(config: CgroupTableConfig, { native, clock }: CgroupTableDeps): CgroupTable {
  const known = new Map<number, Container>()
  let walkedAt = -walkEveryMs

  const keep = (id: number, container: Container) => setNewest(known, id, container, config.maxCgroups)

  const askKernel = (id: number): Container | undefined => {
    try {
      return readCgroupPath(native.cgroupPath(config.root, id))
    } catch {
      return undefined
    }
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
      const before = known.get(id)
      if (before) return before
      if (id === 0) return none
      const asked = askKernel(id) ?? askProcess(id, pid)
      if (asked) return keep(id, asked)
      const now = clock()
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

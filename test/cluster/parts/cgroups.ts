// The cgroups of a cluster: one tree for all of it, in every hierarchy that the machine has mounted. Every process of the
// cluster is born in it, so that ending the cluster is one write, whatever its processes have started meanwhile.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { until } from './command.ts'

interface Hierarchies {
  /** Where cgroup v2 is mounted; beside v1 hierarchies it has no controllers. */
  readonly unified: string
  readonly legacy: readonly string[]
}

function hierarchies(): Hierarchies {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
  const places = (type: string) => mounts.filter((fields) => fields[2] === type).map((fields) => fields[1]!)
  const [unified] = places('cgroup2')
  if (unified === undefined) throw new Error('no cgroup2 is mounted; mount -t cgroup2 none /sys/fs/cgroup/unified')
  return { unified, legacy: places('cgroup') }
}

/** A new v1 cpuset takes no process before it has processors and memory. */
function copyCpuset(path: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(path, file))) writeFileSync(join(path, file), readFileSync(join(dirname(path), file)))
  }
}

/** Where v2 is the only one, a folder's controllers are those that its parent hands down. */
function handDown(path: string): void {
  const controllers = readFileSync(join(dirname(path), 'cgroup.controllers'), 'utf8')
    .split(/\s+/)
    .filter(Boolean)
  const words = controllers.map((name) => `+${name}`).join(' ')
  if (words) writeFileSync(join(dirname(path), 'cgroup.subtree_control'), words)
}

/** Makes a cgroup in every hierarchy. Its parent must be there. */
export function makeCgroup(name: string): void {
  const { unified, legacy } = hierarchies()
  mkdirSync(join(unified, name))
  if (legacy.length === 0) handDown(join(unified, name))
  for (const root of legacy) {
    mkdirSync(join(root, name))
    copyCpuset(join(root, name))
  }
}

/** The file through which a process enters a cgroup. */
export const doorOf = (name: string): string => join(hierarchies().unified, name, 'cgroup.procs')

function removeTree(path: string): void {
  if (!existsSync(path)) return
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(path, entry.name))
  rmdirSync(path)
}

const isGone = (path: string) => {
  try {
    removeTree(path)
    return true
  } catch {
    // The kernel has not yet buried the last process.
    return false
  }
}

/** Ends every process of a cgroup and takes it away, in every hierarchy. One that is not there is well. */
export async function removeCgroup(name: string): Promise<void> {
  const { unified, legacy } = hierarchies()
  const kill = join(unified, name, 'cgroup.kill')
  if (existsSync(kill)) writeFileSync(kill, '1')
  for (const root of [unified, ...legacy]) {
    await until(`cgroup ${join(root, name)} to be empty`, () => isGone(join(root, name)))
  }
}

/** Processes of a cgroup and those below. */
export function processesOf(name: string): number[] {
  const visit = (path: string): number[] => [
    ...readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
    ...readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? visit(join(path, entry.name)) : [],
    ),
  ]
  const path = join(hierarchies().unified, name)
  return existsSync(path) ? visit(path) : []
}

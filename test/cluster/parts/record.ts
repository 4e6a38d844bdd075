// What a cluster has made on this machine, by name. It is written before the first of it is made, so that whoever comes after
// a run that was killed can take all of it down: processes by their cgroup, namespaces and the bridge by their names.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from '../build/places.ts'
import { removeCgroup } from './cgroups.ts'
import { run } from './command.ts'

export interface ClusterRecord {
  /** Begins the name of whatever was made. */
  readonly prefix: string
  /** Folder of its data. */
  readonly dir: string
  readonly cgroup: string
  readonly netnses: readonly string[]
  readonly bridge: string
  /** Left running for people by `npm run cluster -- up`. */
  readonly kept: boolean
  /** Unix milliseconds. */
  readonly startedAt: number
  /** Milliseconds that each step of the start took. */
  readonly steps: Readonly<Record<string, number>>
}

const path = join(cacheDir, 'cluster.json')

/** The cluster that is up, or what is left of one; `undefined` when there is none. */
export function readRecord(): ClusterRecord | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterRecord) : undefined
}

export function writeRecord(record: ClusterRecord): void {
  mkdirSync(cacheDir, { recursive: true })
  writeFileSync(path, `${JSON.stringify(record, undefined, 2)}\n`)
}

/** Moves the logs of a cluster out of the way of its end and returns where they are. */
export function keepLogs({ dir }: ClusterRecord): string {
  const kept = join(cacheDir, 'failed-logs')
  rmSync(kept, { recursive: true, force: true })
  if (existsSync(join(dir, 'logs'))) renameSync(join(dir, 'logs'), kept)
  return kept
}

function removeLink(name: string): void {
  const links = JSON.parse(run('ip', '-json', 'link')) as readonly { readonly ifname: string }[]
  if (links.some(({ ifname }) => ifname === name)) run('ip', 'link', 'del', name)
}

/** Takes down whatever of a cluster is there, in any state of its making or unmaking. */
export async function takeDown({ cgroup, netnses, bridge, dir }: ClusterRecord): Promise<void> {
  await removeCgroup(cgroup)
  for (const netns of netnses) {
    // The cable has the namespace's name; the kernel would take it away too, some time later.
    removeLink(netns)
    if (existsSync(`/run/netns/${netns}`)) run('ip', 'netns', 'del', netns)
  }
  removeLink(bridge)
  // Mounts were in namespaces that went with their last process.
  rmSync(dir, { recursive: true, force: true })
  rmSync(path, { force: true })
}

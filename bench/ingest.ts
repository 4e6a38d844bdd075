// How many rows one core takes from compressed frames to rows that questions find: HTTP, decompress, decode, name, encode,
// segment, fsync, insert, and the engine's own work. Everything runs in a process and its engine child that are pinned to
// one core, so the rate is per core and nothing is hidden on another.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Figures } from './main.ts'

/** Enough segments that the first one, with its cold code and new series, does not decide. */
const rows = { quick: 200_000, full: 2_000_000 }

export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  const script = join(import.meta.dirname, 'ingest-child.ts')
  const given = JSON.stringify({ rows: quick ? rows.quick : rows.full })
  const pinned = spawnSync('taskset', ['-c', '0', process.execPath, script, given], { encoding: 'utf8' })
  if (pinned.status !== 0) throw new Error(`ingest bench failed: ${pinned.stderr.trim().split('\n').at(-1)}`)
  return Promise.resolve(JSON.parse(pinned.stdout.trim().split('\n').at(-1)!) as Figures)
}

// Builds the small programs that run in pods, from `programs/` beside this folder. Their binaries are kept by a digest of
// their sources, so that a change of them is a new folder and never an old program.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { go } from './go.ts'
import { cacheDir } from './places.ts'
import type { Say } from './say.ts'

const source = join(import.meta.dirname, '../programs')

/** `pause` holds a pod's namespaces, `shop` plays every workload of the shop, `probe` connects on order. */
export const ownPrograms = ['pause', 'shop', 'probe'] as const
export type OwnProgram = (typeof ownPrograms)[number]

function digest(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.go') || name.endsWith('go.mod')) hash.update(name).update(readFileSync(join(source, name)))
  }
  return hash.digest('hex').slice(0, 12)
}

const folder = join(cacheDir, `programs-${digest()}`)

export const ownBinary = (program: OwnProgram): string => join(folder, program)

export const programsAreBuilt = (): boolean => ownPrograms.every((program) => existsSync(ownBinary(program)))

export async function buildPrograms(say: Say): Promise<void> {
  if (programsAreBuilt()) return
  say(`programs of the pods: building ${ownPrograms.join(', ')}`)
  for (const program of ownPrograms) {
    const path = ownBinary(program)
    await go(source, 'build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', `${path}.part`, `./${program}`)
    renameSync(`${path}.part`, path)
  }
}

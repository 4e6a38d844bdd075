// Where the cluster keeps what outlives a run: binaries and images, each in a folder named after its version, and the record
// of the cluster that is up. Nothing of it is in the repository.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { goModules, programOf, type GoModule } from './modules.ts'

/** `$XDG_CACHE_HOME/margay/cluster`. */
export const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'margay', 'cluster')

export const folderOf = ({ name, version }: GoModule): string => join(cacheDir, `${name}-${version}`)

const binaries = new Map(
  goModules.flatMap((module) =>
    module.packages.map((path) => [programOf(path), join(folderOf(module), programOf(path))] as const),
  ),
)

/** Path of a program that is built from its module, whether it has been built or not. */
export function binary(program: string): string {
  const path = binaries.get(program)
  if (path === undefined) throw new Error(`BUG: no module builds ${program}`)
  return path
}

// The shared libraries that programs of an image need, by what the loader of this machine says, and the licences that come
// with them. The image has the same C library as the machine it is made on.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import type { Entry } from './tar.ts'

/** Paths that `ldd` names for a file. Throws where a library is missing. */
function librariesOf(path: string): string[] {
  const text = execFileSync('ldd', [path], { encoding: 'utf8' })
  const missing = /^\s*(\S+) => not found$/m.exec(text)?.[1]
  if (missing !== undefined) throw new Error(`pack ${path}: the library ${missing} is not on this machine`)
  return [...text.matchAll(/(?:=> |^\s)(\/\S+)/gm)].map(([, library]) => library!)
}

/** `from` are files of this machine; libraries that lie in `own` come with their package and are left out. */
export function libraryEntries(from: readonly string[], own: string): Map<string, Entry> {
  const paths = new Set(from.flatMap(librariesOf).filter((path) => !path.startsWith(own)))
  const entries = new Map<string, Entry>()
  for (const path of [...paths].sort()) {
    entries.set(path, { kind: 'file', content: { path: realpathSync(path) }, executable: true })
    const licence = licenceOf(realpathSync(path))
    if (licence !== undefined) entries.set(licence, { kind: 'file', content: { path: realpathSync(licence) } })
  }
  return entries
}

/** Debian's file with the licence of whatever a library belongs to; undefined on other systems. */
function licenceOf(path: string): string | undefined {
  for (const spelling of [path, path.replace(/^\/usr/, '')]) {
    const { status, stdout } = spawnSync('dpkg-query', ['--search', spelling], { encoding: 'utf8' })
    const name = status === 0 ? stdout.split(':')[0] : undefined
    const licence = `/usr/share/doc/${name}/copyright`
    if (name !== undefined && existsSync(licence)) return licence
  }
  return undefined
}

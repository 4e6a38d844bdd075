// Writes THIRD-PARTY.md, the list of every package that package-lock.json brings, with its licence. A licence that is not
// on the list below stops it: somebody has to read that licence first.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const page = join(root, 'THIRD-PARTY.md')

/** Licences that were read and may be used beside Apache-2.0. MPL-2.0 is for files that we use unchanged. */
const accepted: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])

interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly link?: boolean
  readonly dev?: boolean
}

/** One row a package, by name and version; what only builds and tests need is marked. */
export function thirdPartyPage(lock: { readonly packages: { readonly [path: string]: LockedPackage } }): {
  readonly text: string
  readonly refused: readonly string[]
} {
  const refused: string[] = []
  const rows = Object.entries(lock.packages)
    .filter(([path, entry]) => path.includes('node_modules/') && !entry.link)
    .map(([path, { version, license, dev }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const known = license ?? licenceOfFamily(name)
      if (!isAccepted(known)) refused.push(`${name}@${version}: ${known}`)
      return `| ${name} | ${version} | ${known} | ${dev ? 'builds and tests' : 'runs'} |`
    })
  const text = `# Third-party packages

<!-- Written by \`npm run notices\` from package-lock.json. -->

| Package | Version | Licence | Used when it |
|---|---|---|---|
${[...new Set(rows)].sort().join('\n')}
`
  return { text, refused }
}

/** One accepted licence of an `OR` is enough; of an `AND` all must be accepted. */
function isAccepted(expression: string): boolean {
  const words = expression.replace(/^\(|\)$/g, '')
  if (words.includes(' OR ')) return words.split(' OR ').some((word) => accepted.has(word))
  return words.split(' AND ').every((word) => accepted.has(word))
}

/** Platform packages that the lock holds as stubs carry their family's licence. */
const licenceOfFamily = (name: string) => (name.startsWith('@chdb/') ? 'Apache-2.0' : 'not stated')

const readLock = () =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Parameters<typeof thirdPartyPage>[0]

/** The page as the lock says it, and as it is. */
export const pages = () => ({ ...thirdPartyPage(readLock()), current: readFileSync(page, 'utf8') })

if (import.meta.main) {
  const { text, refused } = thirdPartyPage(readLock())
  for (const each of refused)
    process.stderr.write(
      `licence not accepted: ${each}; read it and add it to scripts/notices.ts, or take another package\n`,
    )
  if (refused.length > 0) process.exitCode = 1
  else writeFileSync(page, text)
}

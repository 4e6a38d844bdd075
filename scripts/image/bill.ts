// What an image is made of, beside our own sources: a bill of materials for programs (CycloneDX) and the licences for people.
// Packages come from the lock, from what the apps of the image depend on when they run; libraries from the system that the
// image is made on. Nothing in them says when they were written.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from './tar.ts'

const root = join(import.meta.dirname, '../..')

interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly os?: string | readonly string[]
  readonly cpu?: string | readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  /** By path from the root: `apps/web`, `node_modules/zod`, `node_modules/a/node_modules/b`. */
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** A package that is in an image. */
export interface Part {
  /** Directory of an npm package, from the root; undefined for one of the system. */
  readonly path?: string
  readonly name: string
  readonly version: string
  /** SPDX, where the package states it. */
  readonly licence?: string | undefined
  readonly purl: string
}

const fits = (allowed: string | readonly string[] | undefined, own: string) =>
  allowed === undefined || [allowed].flat().includes(own)

/** Where a package finds another: in its own directory, then in each above it. */
function found({ packages }: Lock, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (packages[path]) return path
    if (at === '') return undefined
  }
}

const npmPart = (path: string, { version = '', license }: LockedPackage): Part => {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return { path, name, version, licence: license, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` }
}

/** The npm packages that apps need when they run, in the order of their names. */
export function packagesOf(lock: Lock, apps: readonly string[]): readonly Part[] {
  const seen = new Set<string>()
  const parts = new Map<string, Part>()
  const visit = (path: string) => {
    const entry = lock.packages[path]
    if (!entry || seen.has(path)) return
    seen.add(path)
    if (entry.link) return visit(entry.resolved!)
    if (!fits(entry.os, process.platform) || !fits(entry.cpu, process.arch)) return
    if (path.includes('node_modules/')) parts.set(path, npmPart(path, entry))
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const next = found(lock, path, name)
      if (next !== undefined) visit(next)
    }
  }
  for (const app of apps) visit(app)
  return [...parts.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1))
}

/** The packages of this system that a tree has libraries of: `libraryEntries` puts a licence beside each. */
function systemParts(paths: Iterable<string>): readonly Part[] {
  const names = [...paths].flatMap((path) => /^\/usr\/share\/doc\/([^/]+)\/copyright$/.exec(path)?.[1] ?? [])
  return [...new Set(names)].sort().map((name) => {
    const version = execFileSync('dpkg-query', ['--show', '--showformat=${Version}\n', name], { encoding: 'utf8' })
    const [first = ''] = version.split('\n')
    return { name, version: first, purl: `pkg:deb/debian/${name}@${encodeURIComponent(first)}` }
  })
}

/** One licence, or an expression of several, as CycloneDX has them. */
const licencesOf = (licence: string | undefined) => {
  if (licence === undefined) return {}
  return { licenses: [/[ (]/.test(licence) ? { expression: licence } : { license: { id: licence } }] }
}

export function billOfMaterials(title: string, version: string, parts: readonly Part[]): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: title, version, ...licencesOf('Apache-2.0') } },
    components: parts.map(({ name, version: its, licence, purl }) => ({
      type: 'library',
      'bom-ref': purl,
      name,
      version: its,
      ...licencesOf(licence),
      purl,
    })),
  }
}

const isLicence = (name: string) =>
  /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i.test(name) && !/\.[cm]?[jt]s$/.test(name)

/** What a package says of its licence: the texts in its directory. */
function textsOf({ path }: Part): readonly string[] {
  const dir = path === undefined ? undefined : join(root, path)
  if (dir === undefined || !existsSync(dir)) return []
  const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile() && isLicence(entry.name))
  return files.map(({ name }) => readFileSync(join(dir, name), 'utf8').replace(/\r\n/g, '\n').trim()).sort()
}

const line = '-'.repeat(78)

/** The licences of all npm packages; packages with the same text share it. */
export function licenceTexts(parts: readonly Part[]): string {
  const byText = new Map<string, string[]>()
  for (const part of parts) {
    if (part.path === undefined) continue
    const text =
      textsOf(part).join('\n\n') || `${part.licence ?? 'no licence is stated'}; the package brings no text of it`
    const names = byText.get(text) ?? []
    byText.set(text, [...names, `${part.name} ${part.version} (${part.licence ?? 'not stated'})`])
  }
  const pieces = [...byText].map(([text, names]) => `${line}\n${names.join('\n')}\n${line}\n\n${text}\n`)
  return `Packages in this image and their licences. Those of system libraries are below /usr/share/doc.\n\n${pieces.join('\n')}`
}

export interface BillConfig {
  readonly title: string
  readonly version: string
  /** Directories of the apps in the image. */
  readonly apps: readonly string[]
  /** Packages beside what apps depend on, by their path in the lock. */
  readonly more: readonly string[]
  /** Every path in the image. */
  readonly paths: Iterable<string>
}

/** `NOTICES` and `sbom.cdx.json` for a directory of an image. */
export function billFiles(home: string, { title, version, apps, more, paths }: BillConfig): [string, Entry][] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const npm = packagesOf(lock, [...apps, ...more])
  const bill = billOfMaterials(title, version, [...npm, ...systemParts(paths)])
  const text = (content: string): Entry => ({ kind: 'file', content: Buffer.from(content) })
  return [
    [`${home}/NOTICES`, text(licenceTexts(npm))],
    [`${home}/sbom.cdx.json`, text(`${JSON.stringify(bill, null, 1)}\n`)],
  ]
}

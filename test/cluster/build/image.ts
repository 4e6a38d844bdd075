// Assembles container images from files of this machine, as archives that containerd imports: one layer, no registry.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { tar, type Entry } from './tar.ts'

export interface Image {
  /** With its tag: `margay.test/shop:1`. */
  readonly name: string
  /** Program and arguments of a container that states none. */
  readonly command: readonly string[]
  /** Path in the image, without the first slash, to a file of this machine or to the text of a link. */
  readonly files: Readonly<Record<string, { readonly from: string } | { readonly linkTo: string } | { readonly text: string }>>
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

/** Folders of a path, outermost first: `a/b/c` has `a` and `a/b`. */
function foldersOf(path: string): string[] {
  const folder = dirname(path)
  return folder === '.' ? [] : [...foldersOf(folder), folder]
}

function entryOf([path, file]: readonly [string, Image['files'][string]]): Entry {
  if ('linkTo' in file) return { kind: 'link', path, target: file.linkTo }
  const content = 'text' in file ? Buffer.from(file.text) : readFileSync(file.from)
  return { kind: 'file', path, mode: 'text' in file ? 0o644 : 0o755, content }
}

function layerOf({ files }: Image): Buffer {
  const folders = new Set(['etc', ...Object.keys(files).flatMap(foldersOf)])
  return tar([
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
    ...[...folders].sort().map((path): Entry => ({ kind: 'folder', path, mode: 0o755 })),
    ...Object.entries(files).map(entryOf),
  ])
}

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

/** The archive of an image, in the form that `docker save` writes. */
export function assemble(image: Image): Buffer {
  const layer = layerOf(image)
  const config = json({
    architecture: architectures[process.arch],
    os: 'linux',
    config: { Cmd: image.command, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created_by: 'margay test/cluster' }],
  })
  const configName = `${sha256(config)}.json`
  const file = (path: string, content: Uint8Array): Entry => ({ kind: 'file', path, mode: 0o644, content })
  return tar([
    file(configName, config),
    file('layer.tar', layer),
    file('manifest.json', json([{ Config: configName, RepoTags: [image.name], Layers: ['layer.tar'] }])),
  ])
}

/** A program of this machine and the libraries that its loader names, each at its own path, the program in `bin/`. */
export function withLibraries(programs: readonly string[]): Image['files'] {
  const files: Record<string, { from: string }> = {}
  for (const program of programs) {
    files[`bin/${program.slice(program.lastIndexOf('/') + 1)}`] = { from: realpathSync(program) }
    const named = execFileSync('ldd', [program], { encoding: 'utf8' })
    for (const [library] of named.matchAll(/\/\S+/g)) files[library.slice(1)] = { from: realpathSync(library) }
  }
  // The C library opens these by name when it is asked for an address.
  for (const service of ['libnss_dns.so.2', 'libnss_files.so.2']) {
    const folder = Object.keys(files).find((path) => path.endsWith('/libc.so.6'))
    const path = folder && `/${dirname(folder)}/${service}`
    if (path && existsSync(path)) files[path.slice(1)] = { from: realpathSync(path) }
  }
  return files
}

// Tar archives that are the same bytes for the same files: entries in the order of their names, owned by root, dated 1970.
// USTAR, which every tool reads; a name that does not fit it is refused.
import { readFileSync } from 'node:fs'

/** What lies at a path of an archive. Directories that lead to it are added where they are not named. */
export type Entry =
  | { readonly kind: 'file'; readonly content: Uint8Array | { readonly path: string }; readonly executable?: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly mode?: number }

/** By absolute path, without a trailing slash. */
export type Tree = ReadonlyMap<string, Entry>

const block = 512
/** How tar is padded at its end by everybody. */
const record = 20 * block
const types = { file: '0', link: '2', directory: '5' } as const

function splitName(name: string): readonly [name: string, prefix: string] {
  if (Buffer.byteLength(name) <= 100) return [name, '']
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)]
    if (Buffer.byteLength(rest) <= 100 && rest !== '' && Buffer.byteLength(prefix) <= 155) return [rest, prefix]
  }
  throw new Error(`pack "${name}": the name is too long for a tar archive`)
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

const modeOf = (entry: Entry): number => {
  if (entry.kind === 'directory') return entry.mode ?? 0o755
  if (entry.kind === 'link') return 0o777
  return entry.executable ? 0o755 : 0o644
}

function header(path: string, entry: Entry, size: number): Buffer {
  const [name, prefix] = splitName(path.replace(/^\/+/, '') + (entry.kind === 'directory' ? '/' : ''))
  const bytes = Buffer.alloc(block)
  bytes.write(name, 0)
  bytes.write(octal(modeOf(entry), 8), 100)
  bytes.write(octal(0, 8), 108)
  bytes.write(octal(0, 8), 116)
  bytes.write(octal(size, 12), 124)
  bytes.write(octal(0, 12), 136)
  bytes.write(' '.repeat(8), 148)
  bytes.write(types[entry.kind], 156)
  if (entry.kind === 'link') bytes.write(entry.target, 157)
  bytes.write('ustar\x0000', 257)
  bytes.write(octal(0, 8), 329)
  bytes.write(octal(0, 8), 337)
  bytes.write(prefix, 345)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

/** The tree with the directories that lead to its entries, in the order of names. */
function completed(tree: Tree): readonly (readonly [string, Entry])[] {
  const all = new Map<string, Entry>(tree)
  for (const path of tree.keys()) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at)
      if (!all.has(parent)) all.set(parent, { kind: 'directory' })
    }
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1))
}

const contentOf = (entry: Entry): Uint8Array => {
  if (entry.kind !== 'file') return new Uint8Array()
  return entry.content instanceof Uint8Array ? entry.content : readFileSync(entry.content.path)
}

/** The archive, piece by piece; a piece is at most one file. */
export function* tar(tree: Tree): Generator<Uint8Array> {
  let written = 0
  for (const [path, entry] of completed(tree)) {
    const content = contentOf(entry)
    yield header(path, entry, content.length)
    yield content
    const padding = Buffer.alloc((block - (content.length % block)) % block)
    yield padding
    written += block + content.length + padding.length
  }
  yield Buffer.alloc(record - (written % record) + (record - (written % record) < 2 * block ? record : 0))
}

// The archives, held against tar and zstd of this system's Node: what is packed can be unpacked, and twice is the same.
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { bundleProgram } from './bundle.ts'
import { packLayer, writeImage } from './oci.ts'
import type { Entry, Tree } from './tar.ts'
import { tar } from './tar.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-image-'))
afterAll(() => rmSync(dir, { recursive: true }))

const long = `/opt/${'a'.repeat(80)}/${'b'.repeat(90)}`
const text = (content: string, executable = false): Entry => ({
  kind: 'file',
  content: Buffer.from(content),
  executable,
})
const tree: Tree = new Map<string, Entry>([
  ['/usr/bin/tool', text('#!/bin/true\n', true)],
  ['/usr/bin/again', { kind: 'link', target: '/usr/bin/tool' }],
  ['/tmp', { kind: 'directory', mode: 0o1777 }],
  ['/empty', text('')],
  [long, text('x'.repeat(513))],
])

function unpack(archive: Uint8Array, name: string): string {
  const to = join(dir, name)
  writeFileSync(`${to}.tar`, archive)
  execFileSync('mkdir', ['-p', to])
  execFileSync('tar', ['-xpf', `${to}.tar`, '-C', to])
  return to
}

describe('tar', () => {
  it('packs what tar unpacks', () => {
    const at = unpack(Buffer.concat([...tar(tree)]), 'plain')
    expect(lstatSync(join(at, 'usr/bin/tool')).mode & 0o777).toBe(0o755)
    expect(readlinkSync(join(at, 'usr/bin/again'))).toBe('/usr/bin/tool')
    expect(lstatSync(join(at, 'tmp')).mode & 0o7777).toBe(0o1777)
    expect(readFileSync(join(at, 'empty'), 'utf8')).toBe('')
    expect(readFileSync(join(at, long), 'utf8')).toHaveLength(513)
  })
  it.each([0, 1, 511, 512, 9_728, 10_240])('ends as tar ends, after %i bytes', (size) => {
    const archive = Buffer.concat([...tar(new Map([['/file', text('x'.repeat(size))]]))])
    expect(archive.length % 10_240).toBe(0)
    expect(archive.subarray(-1024).every((byte) => byte === 0)).toBe(true)
    expect(execFileSync('tar', ['-t'], { input: archive, encoding: 'utf8' })).toBe('file\n')
  })
  it('does not depend on the order in which files were named', () => {
    const turned = new Map([...tree].reverse())
    expect(Buffer.concat([...tar(turned)]).equals(Buffer.concat([...tar(tree)]))).toBe(true)
  })
  it('refuses a name that does not fit', () => {
    expect(() => [...tar(new Map([[`/${'a'.repeat(120)}`, text('')]]))]).toThrow(/the name is too long/)
  })
})

describe('an image', () => {
  const config = { architecture: 'amd64', entrypoint: ['/usr/bin/tool'], user: '1:1', env: [], labels: {} } as const
  const make = async (name: string) => {
    const layer = await packLayer({ title: 'all', tree }, join(dir, name))
    return { path: join(dir, `${name}.oci`), ...(await writeImage(join(dir, `${name}.oci`), 'r/x:1', config, [layer])) }
  }
  it('is the same bytes for the same files', async () => {
    const [one, two] = [await make('one'), await make('two')]
    expect(one.digest).toBe(two.digest)
    expect(readFileSync(one.path).equals(readFileSync(two.path))).toBe(true)
  })
  it('leads from its index to its files', async () => {
    const { path, digest } = await make('three')
    const at = unpack(readFileSync(path), 'layout')
    const blob = (name: string) => readFileSync(join(at, 'blobs', name.replace(':', '/')))
    const read = (bytes: Buffer) => JSON.parse(bytes.toString()) as { [member: string]: never }
    const index = read(readFileSync(join(at, 'index.json')))
    expect(index).toMatchObject({ manifests: [{ digest, annotations: { 'io.containerd.image.name': 'r/x:1' } }] })
    const { layers } = read(blob(digest)) as unknown as { layers: readonly [{ digest: string; size: number }] }
    expect(blob(layers[0].digest).length).toBe(layers[0].size)
    const root = unpack(zstdDecompressSync(blob(layers[0].digest)), 'root')
    expect(existsSync(join(root, 'usr/bin/tool'))).toBe(true)
  })
})

describe('the bundles', () => {
  it('hold what threads and child processes of the server start with, under the names that they ask for', async () => {
    const files = await bundleProgram('server')
    const names = files.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['server.mjs', 'ingest-thread.mjs', 'engine-child.mjs']))
    for (const { name, code } of files) {
      const asked = [...code.matchAll(/(?:import\.meta\.resolve\(|new URL\()["'](?:\.\/)?([\w-]+\.(?:mjs|ts))["']/g)]
      for (const [, file] of asked) expect(names, `${name} starts ${file}`).toContain(file)
    }
  })
})

// The images of the test cluster, as a table. They are assembled from files of this machine and kept beside the binaries they
// are made of; an image is assembled again when one of its files is another.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { libraryEntries } from '../../../scripts/image/libraries.ts'
import { packLayer, writeImage } from '../../../scripts/image/oci.ts'
import type { Entry, Tree } from '../../../scripts/image/tar.ts'
import { programFolder, shopPrograms } from '../shop/workloads.ts'
import { binary, cacheDir } from './places.ts'
import { ownBinary } from './programs.ts'

export const imageNames = {
  pause: 'margay.test/pause:1',
  coredns: 'margay.test/coredns:1',
  shop: 'margay.test/shop:1',
  probe: 'margay.test/probe:1',
  /** curl, dig, bash and sleep, for what tests run by hand. */
  tools: 'margay.test/tools:1',
} as const

export type ImageName = keyof typeof imageNames

const program = (path: string): Entry => ({ kind: 'file', content: { path: realpathSync(path) }, executable: true })
const text = (content: string): Entry => ({ kind: 'file', content: Buffer.from(content) })

const tools = ['/bin/bash', '/bin/sleep', '/usr/bin/curl', '/usr/bin/dig']

/** The C library opens these by name when it is asked for an address. */
function nameServices(libraries: ReadonlyMap<string, Entry>): [string, Entry][] {
  const folder = [...libraries.keys()].filter((path) => path.endsWith('/libc.so.6')).map(dirname)
  const paths = folder.flatMap((path) => [`${path}/libnss_dns.so.2`, `${path}/libnss_files.so.2`])
  return paths.filter(existsSync).map((path) => [path, program(path)])
}

function toolsTree(): Tree {
  const libraries = libraryEntries(tools, '/nowhere/')
  return new Map([
    ...libraries,
    ...nameServices(libraries),
    ...tools.map((path): [string, Entry] => [`/bin/${path.slice(path.lastIndexOf('/') + 1)}`, program(path)]),
    ['/bin/sh', { kind: 'link', target: 'bash' }],
    ['/etc/nsswitch.conf', text('hosts: files dns\n')],
  ])
}

/** Files of this machine that an image is made from; what these bring with them is theirs. */
function sourcesOf(name: ImageName): readonly string[] {
  if (name === 'tools') return tools
  return [name === 'coredns' ? binary('coredns') : ownBinary(name)]
}

function filesOf(name: ImageName): Tree {
  switch (name) {
    case 'pause':
    case 'probe':
    case 'coredns':
      return new Map([[`/bin/${name}`, program(sourcesOf(name)[0]!)]])
    case 'shop': {
      // All of them are the one program under another name.
      const links = shopPrograms.map((each): [string, Entry] => [
        `/${programFolder}/${each}`,
        { kind: 'link', target: '/bin/shop' },
      ])
      return new Map([['/bin/shop', program(ownBinary('shop'))], ...links])
    }
    case 'tools':
      return toolsTree()
  }
}

const treeOf = (name: ImageName): Tree => new Map([...filesOf(name), ['/tmp', { kind: 'directory', mode: 0o1777 }]])

/** Changes when a source of the image does, or what we make of it, and costs no reading of it. */
function stampOf(name: ImageName): string {
  const files = sourcesOf(name).map((path) => {
    const { size, mtimeMs } = statSync(path)
    return [path, size, mtimeMs]
  })
  const made = readFileSync(import.meta.filename, 'utf8') + shopPrograms.join()
  return createHash('sha256').update(JSON.stringify(files)).update(made).digest('hex').slice(0, 16)
}

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'

async function archiveOf(name: ImageName): Promise<string> {
  const folder = join(cacheDir, 'images')
  const path = join(folder, `${name}-${stampOf(name)}.tar`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  for (const old of readdirSync(folder)) if (old.startsWith(`${name}-`)) rmSync(join(folder, old))
  const layer = await packLayer({ title: `${name} of the test cluster`, tree: treeOf(name) }, join(folder, 'layers'))
  const entrypoint = name === 'tools' ? ['/bin/bash'] : [`/bin/${name}`]
  const config = { architecture, entrypoint, user: '0:0', env: ['PATH=/bin'], labels: {} } as const
  await writeImage(path, imageNames[name], config, [layer])
  rmSync(layer.path)
  return path
}

/** Archives of all images, for `ctr images import`. */
export const imageArchives = (): Promise<readonly string[]> =>
  Promise.all((Object.keys(imageNames) as ImageName[]).map(archiveOf))

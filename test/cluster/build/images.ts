// The images of the test cluster, as a table. Their archives are kept beside the binaries they are made of and are assembled
// again when one of those is newer.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'

import { join } from 'node:path'
import { programFolder, shopPrograms } from '../shop/workloads.ts'
import { assemble, withLibraries, type Image } from './image.ts'
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

const tools = ['/bin/bash', '/bin/sleep', '/usr/bin/curl', '/usr/bin/dig']

function imageOf(name: ImageName): Image {
  const of = (command: readonly string[], files: Image['files']): Image => ({ name: imageNames[name], command, files })
  switch (name) {
    case 'pause':
      return of(['/bin/pause'], { 'bin/pause': { from: ownBinary('pause') } })
    case 'coredns':
      return of(['/bin/coredns'], { 'bin/coredns': { from: binary('coredns') } })
    case 'probe':
      return of(['/bin/probe'], { 'bin/probe': { from: ownBinary('probe') } })
    case 'shop': {
      // All of them are the one program under another name.
      const links = shopPrograms.map((program) => [`${programFolder}/${program}`, { linkTo: '/bin/shop' }] as const)
      return of(['/bin/shop'], { 'bin/shop': { from: ownBinary('shop') }, ...Object.fromEntries(links) })
    }
    case 'tools':
      return of(['/bin/bash'], {
        ...withLibraries(tools),
        'bin/sh': { linkTo: 'bash' },
        'etc/nsswitch.conf': { text: 'hosts: files dns\n' },
      })
  }
}

/** Changes when a file of the image does, and costs no reading of it. */
function stampOf(image: Image): string {
  const files = Object.entries(image.files).map(([path, file]) => {
    if (!('from' in file)) return [path, file]
    const { size, mtimeMs } = statSync(file.from)
    return [path, file, size, mtimeMs]
  })
  return createHash('sha256').update(JSON.stringify({ ...image, files })).digest('hex').slice(0, 16)
}

function archiveOf(name: ImageName): string {
  const image = imageOf(name)
  const folder = join(cacheDir, 'images')
  const path = join(folder, `${name}-${stampOf(image)}.tar`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  for (const old of readdirSync(folder)) if (old.startsWith(`${name}-`)) rmSync(join(folder, old))
  writeFileSync(`${path}.part`, assemble(image))
  renameSync(`${path}.part`, path)
  return path
}

/** Archives of all images, for `ctr images import`. */
export const imageArchives = (): readonly string[] => (Object.keys(imageNames) as ImageName[]).map(archiveOf)

// An image as an archive in OCI's layout, which containerd, Podman and Docker read. Layers are compressed with zstd and kept
// by what is in them, so that the heavy ones are compressed once.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type { Entry, Tree } from './tar.ts'
import { tar } from './tar.ts'

export interface Layer {
  /** What is in it, for the history that tools print. */
  readonly title: string
  readonly tree: Tree
}

export interface ImageConfig {
  readonly architecture: 'amd64' | 'arm64'
  readonly entrypoint: readonly string[]
  readonly user: string
  readonly env: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface PackedLayer {
  readonly title: string
  readonly path: string
  readonly size: number
  /** Of the compressed bytes. */
  readonly digest: string
  /** Of the archive in them. */
  readonly diffId: string
}

interface Blob {
  readonly bytes: Uint8Array
  readonly digest: string
}

/** Of the store's library 151 MB in 3 s; level 6 makes 141 MB in 8 s. */
const compressionLevel = 3
const zstd = { params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } }

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const jsonBlob = (value: object): Blob => {
  const bytes = Buffer.from(JSON.stringify(value))
  return { bytes, digest: sha256(bytes) }
}

function diffIdOf(tree: Tree): string {
  const hash = createHash('sha256')
  for (const piece of tar(tree)) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return `sha256:${hash.digest('hex')}`
}

/** Packs a layer into `cacheDir`, or finds it there. */
export async function packLayer({ title, tree }: Layer, cacheDir: string): Promise<PackedLayer> {
  mkdirSync(cacheDir, { recursive: true })
  const diffId = diffIdOf(tree)
  const path = join(cacheDir, `${diffId.slice('sha256:'.length)}.tar.zst`)
  if (!existsSync(path)) {
    const part = `${path}.part`
    await pipeline(Readable.from(tar(tree)), createZstdCompress(zstd), createWriteStream(part))
    renameSync(part, path)
  }
  return { title, path, size: statSync(path).size, digest: await digestOfFile(path), diffId }
}

const layerType = 'application/vnd.oci.image.layer.v1.tar+zstd'
const configType = 'application/vnd.oci.image.config.v1+json'
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** Nothing of an image says when it was made, or it would be another image each time. */
const created = '1970-01-01T00:00:00Z'

function configBlob(config: ImageConfig, layers: readonly PackedLayer[]): Blob {
  return jsonBlob({
    created,
    architecture: config.architecture,
    os: 'linux',
    config: {
      User: config.user,
      Env: config.env,
      Entrypoint: config.entrypoint,
      WorkingDir: '/',
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ title }) => ({ created, created_by: title })),
  })
}

const descriptor = (mediaType: string, { bytes, digest }: Blob) => ({ mediaType, size: bytes.length, digest })

export interface WrittenImage {
  readonly bytes: number
  /** Of the manifest: what a registry would call the image. */
  readonly digest: string
}

/** Writes the archive of one image, named `repository:tag`. */
export async function writeImage(
  path: string,
  name: string,
  config: ImageConfig,
  layers: readonly PackedLayer[],
): Promise<WrittenImage> {
  const configuration = configBlob(config, layers)
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(configType, configuration),
    layers: layers.map(({ size, digest }) => ({ mediaType: layerType, size, digest })),
  })
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  }
  const index = { schemaVersion: 2, manifests: [{ ...descriptor(manifestType, manifest), annotations }] }
  const blobPath = (digest: string) => `/blobs/sha256/${digest.slice('sha256:'.length)}`
  const file = (content: Extract<Entry, { kind: 'file' }>['content']): Entry => ({ kind: 'file', content })
  const tree: Tree = new Map([
    ['/oci-layout', file(Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' })))],
    ['/index.json', file(Buffer.from(JSON.stringify(index)))],
    ...[configuration, manifest].map(({ bytes, digest }): [string, Entry] => [blobPath(digest), file(bytes)]),
    ...layers.map((layer): [string, Entry] => [blobPath(layer.digest), file({ path: layer.path })]),
  ])
  const part = `${path}.part`
  await pipeline(Readable.from(tar(tree)), createWriteStream(part))
  renameSync(part, path)
  return { bytes: statSync(path).size, digest: manifest.digest }
}

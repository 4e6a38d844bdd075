// `npm run image`: packs the agent and the server into two images, each an archive of its own, from bundles and from what
// this machine has; no Docker, no registry. The same sources make the same bytes.
//
//   npm run image                                        build/images/margay-{agent,server}.tar
//   npm run image -- --repository registry.example/team  names them registry.example/team/margay-agent:VERSION
//   npm run image -- --tag TAG --output DIR --only agent
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import manifest from '../package.json' with { type: 'json' }
import { buildAgent } from '../apps/agent/build.ts'
import { buildConsole } from './build.ts'
import type { Contents } from './image/contents.ts'
import { agentContents, serverContents, shortPath } from './image/contents.ts'
import { packLayer, writeImage } from './image/oci.ts'

const root = join(import.meta.dirname, '..')
const architectures = { x64: 'amd64', arm64: 'arm64' } as const

export interface ImageOptions {
  readonly repository: string
  readonly tag: string
  readonly output: string
  readonly only?: string | undefined
  /** Told what is done, one line each. */
  readonly say: (line: string) => void
}

export interface MadeImage {
  /** `REPOSITORY/margay-agent:TAG`. */
  readonly name: string
  readonly path: string
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

const images = {
  agent: {
    title: 'Margay agent',
    description: 'Reads the kernel of its node and sends flows and lookups to the server.',
    prepare: () => void buildAgent(),
    contents: agentContents,
  },
  server: {
    title: 'Margay server',
    description: 'Names, judges and keeps what agents send, and answers people.',
    prepare: () => void buildConsole(),
    contents: serverContents,
  },
} as const

type ImageName = keyof typeof images

async function makeImage(which: ImageName, options: ImageOptions): Promise<MadeImage> {
  const { repository, tag, output, say } = options
  const { title, description, prepare, contents } = images[which]
  const architecture = architectures[process.arch as keyof typeof architectures]
  if (!architecture) throw new Error(`pack images: no Node and no store for ${process.arch}; use x64 or arm64`)
  const startedAt = performance.now()
  say(`${which}: building and bundling`)
  prepare()
  const { layers, entrypoint, env, user }: Contents = await contents(manifest.version)
  const packed = []
  for (const layer of layers) {
    const one = await packLayer(layer, join(output, 'layers'))
    say(`${which}: ${layer.title}, ${megabytes(one.size)}`)
    packed.push(one)
  }
  const labels = {
    'org.opencontainers.image.title': title,
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.version': manifest.version,
    'org.opencontainers.image.licenses': manifest.license,
  }
  const name = `${repository}/margay-${which}:${tag}`
  const path = join(output, `margay-${which}.tar`)
  const { bytes, digest } = await writeImage(path, name, { architecture, entrypoint, env, user, labels }, packed)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${which}: ${name} in ${shortPath(path)}, ${megabytes(bytes)}, ${seconds} s, ${digest}`)
  return { name, path }
}

/** Makes the images; throws with what is missing on this machine. */
export async function makeImages(options: ImageOptions): Promise<readonly MadeImage[]> {
  mkdirSync(options.output, { recursive: true })
  const names = Object.keys(images) as ImageName[]
  const wanted = options.only === undefined ? names : names.filter((name) => name === options.only)
  if (wanted.length === 0) throw new Error(`no image is named "${options.only}"; one of ${names.join(', ')}`)
  const made: MadeImage[] = []
  for (const name of wanted) made.push(await makeImage(name, options))
  return made
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      repository: { type: 'string', default: 'localhost' },
      tag: { type: 'string', default: manifest.version },
      output: { type: 'string', default: join(root, 'build/images') },
      only: { type: 'string' },
    },
  })
  try {
    await makeImages({ ...values, say: (line) => void process.stdout.write(`${line}\n`) })
  } catch (error) {
    process.stderr.write(`margay image: ${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

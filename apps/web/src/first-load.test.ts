// What a browser must load before the first page shows, measured on a real build.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'

const web = join(import.meta.dirname, '..')
const limit = 400_000

let dir: string
let names: readonly string[]
let chunks: ReadonlyMap<string, Chunk>

/** What is read of a chunk that the build made. */
interface Chunk {
  readonly fileName: string
  readonly code: string
  readonly imports: readonly string[]
  readonly facadeModuleId: string | null
}

/** Ten times what a build took on a loaded machine. */
const buildMs = 300_000

beforeAll(async () => {
  // As it is shipped: with Vitest's own value React would be its development half.
  process.env.NODE_ENV = 'production'
  dir = await mkdtemp(join(tmpdir(), 'margay-console-'))
  const options = { outDir: dir, emptyOutDir: true, reportCompressedSize: false }
  const configFile = join(web, 'vite.config.ts')
  const built = await build({ root: web, configFile, logLevel: 'error', build: options })
  if (Array.isArray(built) || !('output' in built)) throw new Error('one build is expected')
  chunks = new Map(built.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])))
  names = await readdir(join(dir, 'assets'))
}, buildMs)

afterAll(() => rm(dir, { recursive: true, force: true }))

/** The chunk of a module and all that it cannot run without. */
function closure(module: string): ReadonlySet<Chunk> {
  const first = [...chunks.values()].find(({ facadeModuleId }) => facadeModuleId?.endsWith(module))
  if (!first) throw new Error(`no chunk begins with ${module}`)
  const found = new Set<Chunk>([first])
  for (const { imports } of found) for (const name of imports) found.add(chunks.get(name)!)
  return found
}

it('loads less than 400 kB of compressed JavaScript before the first page', () => {
  const first = new Set([...closure('index.html'), ...closure('src/start.tsx')])
  const size = [...first].reduce((sum, { code }) => sum + gzipSync(code).length, 0)
  expect(size).toBeGreaterThan(50_000)
  expect(size).toBeLessThan(limit)
})

it('keeps pages and charts apart until they are opened', () => {
  for (const page of ['ExplorePage', 'CollectionPage', 'GraphPage', 'ExploreHistogram'])
    expect(names.some((name) => name.startsWith(page) && name.endsWith('.js'))).toBe(true)
})

it('serves its fonts itself', async () => {
  expect(names.filter((name) => name.endsWith('.woff2')).length).toBeGreaterThan(4)
  const styles = names.filter((name) => name.endsWith('.css'))
  const text = (await Promise.all(styles.map((name) => readFile(join(dir, 'assets', name), 'utf8')))).join('\n')
  expect(text).not.toMatch(/url\(["']?https?:/)
})

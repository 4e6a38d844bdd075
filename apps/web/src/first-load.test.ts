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

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'margay-console-'))
  const options = { outDir: dir, emptyOutDir: true, reportCompressedSize: false }
  await build({ root: web, configFile: join(web, 'vite.config.ts'), logLevel: 'error', build: options })
  names = await readdir(join(dir, 'assets'))
})

afterAll(() => rm(dir, { recursive: true, force: true }))

/** The scripts that the page itself names: the entry, and what it asks the browser to fetch with it. */
async function firstScripts(): Promise<readonly string[]> {
  const html = await readFile(join(dir, 'index.html'), 'utf8')
  return [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path!)
}

it('loads less than 400 kB of compressed JavaScript before the first page', async () => {
  const scripts = await firstScripts()
  expect(scripts.length).toBeGreaterThan(0)
  const sizes = await Promise.all(scripts.map(async (path) => gzipSync(await readFile(join(dir, path))).length))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(limit)
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

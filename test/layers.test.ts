// Holds the map of ARCHITECTURE.md: which room may import which, which folder of the server which, and which packages stay
// pure. A new arrow is an edit to a table here, made on purpose.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What each room may import of ours. */
const arrows: Record<string, readonly string[]> = {
  'packages/model': [],
  'packages/kit': [],
  'packages/query': ['model'],
  'packages/policy': ['model', 'query'],
  'packages/graph': ['model', 'query'],
  'packages/wire': ['model', 'query'],
  'packages/traffic': ['model', 'query', 'policy', 'graph', 'wire'],
  'packages/store': ['model', 'query', 'kit'],
  'apps/agent': ['model', 'wire', 'kit'],
  'apps/server': ['model', 'query', 'graph', 'wire', 'policy', 'store', 'kit', 'traffic'],
  'apps/cli': ['model', 'query', 'graph', 'policy', 'wire', 'kit', 'traffic'],
  'apps/web': ['model', 'query', 'graph', 'policy', 'wire'],
}

/**
 * The layers of a room: folders of its src, and files beside them, the lowest first. Each imports only from layers listed
 * before its own, so there are no circles.
 */
const layersWithin: Record<string, readonly (readonly string[])[]> = {
  'apps/server': [
    ['evidence', 'http', 'jobs', 'live', 'objects', 'policy-use', 'series'],
    ['demo-objects.ts', 'inventory'],
    ['judge', 'kubernetes'],
    ['auth', 'intern'],
    ['ends', 'receivers'],
    ['segment'],
    ['api', 'config.ts', 'demo.ts', 'health'],
    ['index.ts', 'reference.ts', 'server.ts'],
    ['main.ts'],
  ],
}

/** Rooms that may touch a clock, a socket or a file. Every other one is pure. */
const withInputAndOutput = new Set(['packages/kit', 'packages/store', 'apps/agent', 'apps/server', 'apps/cli'])

const importPattern = /(?:from\s*|import\s*\(\s*|import\s+)['"]([^'"]+)['"]/g

function sourceFiles(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    if (name === 'node_modules' || name === 'dist' || name === 'build') return []
    if (statSync(path).isDirectory()) return sourceFiles(path)
    return /\.(ts|tsx|mts)$/.test(name) ? [path] : []
  })
}

/** The room that an import is about. Tests may use what a room they may import offers to tests, `@margay/x/testing`. */
const roomOf = (name: string, path: string) => (isTest(path) ? name.replace(/\/testing$/, '') : name)

const isTest = (path: string) => /\.(test|prop\.test|bench)\.tsx?$/.test(path) || /\/testing\//.test(path)

const importsOf = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(importPattern)].map((match) => match[1] ?? '')

describe('layers', () => {
  const rooms = Object.keys(arrows)
  it('names every room there is', () => {
    const found = ['packages', 'apps'].flatMap((part) => readdirSync(join(root, part)).map((name) => `${part}/${name}`))
    expect(found.sort()).toEqual(rooms.sort())
  })

  it.each(rooms)('%s imports only what it may', (room) => {
    const allowed = new Set((arrows[room] ?? []).map((name) => `@margay/${name}`))
    const files = sourceFiles(join(root, room, 'src'))
    expect(files.length).toBeGreaterThan(0)
    const wrong = files.flatMap((path) =>
      importsOf(path)
        .map((name) => roomOf(name, path))
        .filter((name) => name.startsWith('@margay/') && !allowed.has(name) && name !== `@margay/${room.split('/')[1]}`)
        .map((name) => `${relative(root, path)} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it.each(rooms.filter((room) => !withInputAndOutput.has(room)))('%s is pure: no node:*, no clock', (room) => {
    const wrong = sourceFiles(join(root, room, 'src'))
      .filter((path) => !isTest(path))
      .flatMap((path) => {
        const text = readFileSync(path, 'utf8')
        const faults = importsOf(path).filter((name) => name.startsWith('node:'))
        if (room !== 'apps/web' && /\bDate\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|\bfetch\(/.test(text))
          faults.push('a clock, chance or the network')
        return faults.map((fault) => `${relative(root, path)} uses ${fault}`)
      })
    expect(wrong).toEqual([])
  })
})

describe.each(Object.entries(layersWithin))('folders of %s', (room, layers) => {
  const src = join(root, room, 'src')
  const folderOf = (path: string): string => relative(src, path).split('/')[0] ?? ''
  const folders = layers.flatMap((layer, at) => layer.map((folder) => ({ folder, below: layers.slice(0, at).flat() })))
  /** Tests may import any folder: they open what they test with all that it needs. */
  const sources = sourceFiles(src).filter((path) => !isTest(path))

  it('are all named', () => {
    expect([...new Set(sources.map(folderOf))].sort()).toEqual(layers.flat().sort())
  })

  it.each(folders)('$folder imports only what lies below it', ({ folder, below }) => {
    const allowed = new Set([folder, ...below])
    const wrong = sources
      .filter((path) => folderOf(path) === folder)
      .flatMap((path) =>
        importsOf(path)
          .filter((name) => name.startsWith('.') && !allowed.has(folderOf(join(dirname(path), name))))
          .map((name) => `${relative(root, path)} imports ${name}`),
      )
    expect(wrong).toEqual([])
  })
})

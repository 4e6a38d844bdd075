// Holds the map of DESIGN.md section 2: who may import whom, and which packages stay pure. A new arrow is an edit to this
// table, made on purpose.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
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
      [...readFileSync(path, 'utf8').matchAll(importPattern)]
        .map((match) => roomOf(match[1] ?? '', path))
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
        const faults = [...text.matchAll(importPattern)]
          .map((match) => match[1] ?? '')
          .filter((name) => name.startsWith('node:'))
        if (room !== 'apps/web' && /\bDate\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|\bfetch\(/.test(text))
          faults.push('a clock, chance or the network')
        return faults.map((fault) => `${relative(root, path)} uses ${fault}`)
      })
    expect(wrong).toEqual([])
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Lock } from './bill.ts'
import { billFiles, billOfMaterials, licenceTexts, packagesOf } from './bill.ts'

const root = join(import.meta.dirname, '../..')
const lock: Lock = {
  packages: {
    'apps/a': { dependencies: { '@margay/own': '*', one: '*' } },
    'node_modules/@margay/own': { link: true, resolved: 'packages/own' },
    'packages/own': { dependencies: { two: '*' } },
    'node_modules/one': { version: '1.0.0', license: 'MIT', dependencies: { two: '2' } },
    'node_modules/one/node_modules/two': { version: '2.0.0', license: '(MIT OR ISC)' },
    'node_modules/two': { version: '1.0.0', license: 'ISC', optionalDependencies: { 'not-here': '*' } },
    'node_modules/not-here': { version: '1.0.0', os: ['sunos'] },
    'node_modules/test-only': { version: '1.0.0', license: 'MIT' },
  },
}

describe('the bill of an image', () => {
  it('has what its apps need when they run, each version where it is found, and nothing of another system', () => {
    expect(packagesOf(lock, ['apps/a']).map(({ purl }) => purl)).toEqual([
      'pkg:npm/one@1.0.0',
      'pkg:npm/two@1.0.0',
      'pkg:npm/two@2.0.0',
    ])
  })

  it('tells one licence from an expression, and names scoped packages as others do', () => {
    const bill = billOfMaterials('x', '1', packagesOf(lock, ['apps/a'])) as {
      components: { licenses: object[] }[]
    }
    expect(bill.components.map(({ licenses }) => licenses[0])).toEqual([
      { license: { id: 'MIT' } },
      { license: { id: 'ISC' } },
      { expression: '(MIT OR ISC)' },
    ])
  })

  it('brings the text of every licence that asks for it, of the packages that agent and server really have', () => {
    const real = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
    const agent = packagesOf(real, ['apps/agent', 'apps/cli'])
    const server = packagesOf(real, ['apps/server', 'apps/web', 'apps/cli'])
    expect(agent.map(({ name }) => name)).not.toContain('chdb')
    expect(server.map(({ name }) => name)).toEqual(expect.arrayContaining(['chdb', 'fastify', 'react', 'zod']))
    expect(server.length).toBeGreaterThan(agent.length)
    const text = licenceTexts(server)
    for (const { name, version } of server) expect(text).toContain(`${name} ${version} (`)
    expect(text).toMatch(/Permission is hereby granted, free of charge/)
  })

  it('is the same bytes each time', () => {
    const what = { title: 'x', version: '1', apps: ['apps/agent'], more: [], paths: ['/usr/share/doc/libc6/copyright'] }
    const make = () =>
      billFiles('/opt', what).map(([, entry]) =>
        entry.kind === 'file' && Buffer.isBuffer(entry.content) ? entry.content.toString() : '',
      )
    expect(make()).toEqual(make())
    expect(make()[1]).toMatch(/pkg:deb\/debian\/libc6@/)
  })
})

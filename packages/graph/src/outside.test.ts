import { describe, expect, it } from 'vitest'
import { flow, pictureOf } from './testing/rows.ts'

const out = (from: string, name: string, more = {}) => ({ ...flow(from, `-/${name}`), dest_type: 'net', ...more })
const set = (from: string, name: string) => ({ ...flow(from, `-/${name}`), dest_type: 'ns' })
const outsideOf = (rows: Parameters<typeof pictureOf>[0], id: string, view = {}) =>
  pictureOf(rows, view).vertices.find((vertex) => vertex.id === id)?.outside

describe('where a vertex goes outside', () => {
  const rows = [
    out('shop/cart', 'pvt'),
    out('shop/cart', 'pub', { num_flows: 3 }),
    out('shop/web', 'pub', { action: 'deny' }),
    set('shop/cart', 'partners'),
    flow('shop/cart', 'shop/web'),
  ]

  it('is told with what is meant by it, public before private before sets', () =>
    expect(outsideOf(rows, 'workload/shop/cart')).toEqual([
      { kind: 'public', dest: 'network/dest/pub', names: ['pub'], connections: 3, denied: false },
      { kind: 'private', dest: 'network/dest/pvt', names: ['pvt'], connections: 1, denied: false },
      { kind: 'set', dest: 'set//partners', names: ['partners'], connections: 1, denied: false },
    ]))

  it('is told of a closed namespace for all its members', () => {
    const outside = outsideOf(rows, 'namespace/shop', { level: 'namespace' })
    expect(outside?.map(({ kind, connections, denied }) => [kind, connections, denied])).toEqual([
      ['public', 4, true],
      ['private', 1, false],
      ['set', 1, false],
    ])
  })

  it('means all sets where there are several', () => {
    const [sign] = outsideOf([set('a/x', 'b'), set('a/x', 'a')], 'workload/a/x')!
    expect(sign).toMatchObject({ dest: 'kind/ns/', names: ['a', 'b'], connections: 2 })
  })

  it('is the network also where its names are told apart', () => {
    const named = [out('a/x', 'pub', { dest_domains: ['x.test'] }), out('a/x', 'pub')]
    expect(outsideOf(named, 'workload/a/x', { domains: true })).toMatchObject([
      { dest: 'network/dest/pub', connections: 2 },
    ])
  })

  it('is nothing for what is outside itself, and for who stays inside', () => {
    expect(outsideOf(rows, 'network/dest/pub')).toEqual([])
    expect(outsideOf([flow('a/x', 'b/y')], 'workload/a/x')).toEqual([])
  })
})

describe('names asked for', () => {
  const rows = [out('a/x', 'pub', { dest_domains: ['api.test'] }), out('a/x', 'pvt', { dest_domains: ['db.corp'] })]
  it('are vertices of their own where the view tells domains apart', () =>
    expect(pictureOf(rows, { domains: true }).vertices.map(({ label }) => label)).toEqual(['x', 'api.test', 'db.corp']))
  it('are not told apart otherwise, whatever the level', () => {
    for (const level of ['auto', 'pod'] as const)
      expect(pictureOf(rows, { level }).vertices.map(({ label }) => label)).toEqual([
        'x',
        'Internet',
        'Private network',
      ])
  })
})

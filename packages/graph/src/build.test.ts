import { describe, expect, it } from 'vitest'
import { vertexId } from './endpoint.ts'
import { flow, pictureOf } from './testing/rows.ts'
import { mostVertices, toggle, defaultView } from './view.ts'

const ids = (picture: ReturnType<typeof pictureOf>) => picture.vertices.map(({ id }) => id).sort()

describe('identity', () => {
  it('keeps equal names of two namespaces and of all kinds apart', () => {
    const named = (type: string, namespace: string) => ({
      ...flow('web/client', `${namespace}/api`),
      dest_type: type,
    })
    const picture = pictureOf(
      [named('wep', 'a'), named('wep', 'b'), named('hep', '-'), named('ns', '-'), named('ns', 'a'), named('net', '-')],
      { level: 'workload' },
    )
    expect(picture.vertices).toHaveLength(7)
    expect(picture.edges).toHaveLength(6)
    expect(new Set(picture.edges.map(({ dest }) => dest)).size).toBe(6)
  })

  it('makes ids that differ whatever the names hold', () => {
    expect(vertexId('workload', ['a/b', 'c'])).not.toBe(vertexId('workload', ['a', 'b/c']))
    expect(vertexId('workload', ['a > b', 'c'])).not.toContain(' > ')
  })

  it('sets the internet as a client apart from the internet as a server', () => {
    const picture = pictureOf([
      { ...flow('-/pub', 'a/x'), source_type: 'net' },
      { ...flow('a/x', '-/pub'), dest_type: 'net' },
    ])
    expect(ids(picture)).toEqual(['network/dest/pub', 'network/source/pub', 'workload/a/x'])
  })
})

describe('levels', () => {
  const rows = [flow('shop/cart', 'data/redis'), flow('shop/web', 'shop/cart'), flow('shop/web', 'data/redis')]

  it('opens small boxes by itself', () => {
    const picture = pictureOf(rows)
    expect(ids(picture)).toEqual(['workload/data/redis', 'workload/shop/cart', 'workload/shop/web'])
    expect(picture.boxes.map(({ id, members }) => [id, members])).toEqual([
      ['namespace/shop', 2],
      ['namespace/data', 1],
    ])
  })

  it('keeps a box of more than twelve closed until it is opened', () => {
    const many = Array.from({ length: 13 }, (_, at) => flow(`shop/w${at}`, 'data/redis'))
    expect(ids(pictureOf(many))).toContain('namespace/shop')
    const opened = toggle(defaultView, 'namespace/shop', false)
    expect(pictureOf(many, opened).boxes.find(({ id }) => id === 'namespace/shop')?.members).toBe(13)
  })

  it('keeps what is said inside a closed box', () => {
    const picture = pictureOf(rows, { level: 'namespace' })
    expect(picture.edges.map(({ id }) => id)).toEqual(['namespace/shop > namespace/data'])
    expect(picture.vertices.find(({ id }) => id === 'namespace/shop')?.inside.total.connections).toBe(1)
  })

  it('opens a workload to its pods, and keeps what names no pod as the workload', () => {
    const picture = pictureOf(
      [
        flow('a/x-*', 'b/y', { source_name: 'x-1' }),
        flow('a/x-*', 'b/y', { source_name: 'x-2' }),
        flow('a/x-*', 'b/y', { source_name: '-' }),
      ],
      { level: 'pod' },
    )
    expect(ids(picture)).toEqual(['pod/a/x-*/x-1', 'pod/a/x-*/x-2', 'workload/a/x-*', 'workload/b/y'])
  })

  it('shows a host by its processes where there is no Kubernetes', () => {
    const picture = pictureOf([
      { ...flow('-/box', '-/pub', { process_name: 'curl' }), source_type: 'hep', dest_type: 'net' },
    ])
    expect(ids(picture)).toEqual(['network/dest/pub', 'process/box//curl'])
    expect(picture.boxes.map(({ id }) => id)).toEqual(['host/box'])
  })

  it('shows the many processes of a host that is alone, and not those of one among others', () => {
    const programs = Array.from({ length: 20 }, (_, at) => `p${at}`)
    const of = (host: string) =>
      programs.map((name) => ({
        ...flow(`-/${host}`, '-/pub', { process_name: name }),
        source_type: 'hep',
        dest_type: 'net',
      }))
    expect(pictureOf(of('box')).vertices).toHaveLength(21)
    expect(ids(pictureOf([...of('a'), ...of('b')]))).toEqual(['host/a', 'host/b', 'network/dest/pub'])
  })

  it('opens a network to the names asked for', () => {
    const out = (domains: string[]) => ({ ...flow('a/x', '-/pub'), dest_type: 'net', dest_domains: domains })
    const picture = pictureOf([out(['api.stripe.com']), out(['x.test', 'a.test']), out([])], {
      opened: new Set(['network/dest/pub']),
    })
    expect(ids(picture)).toEqual([
      'domain/dest/pub/a.test',
      'domain/dest/pub/api.stripe.com',
      'network/dest/pub',
      'workload/a/x',
    ])
  })

  it('aggregates to the next level beyond what can be drawn, and says so', () => {
    const rows = Array.from({ length: 1300 }, (_, at) => flow(`n${at % 60}/w${at}`, `n${(at * 7) % 60}/w${at + 1}`))
    const picture = pictureOf(rows, { level: 'workload' })
    expect(picture.vertices).toHaveLength(60)
    expect(picture.aggregated).toMatchObject({ closed: ['namespace', 'host'] })
    expect(picture.aggregated!.wanted).toBeGreaterThan(mostVertices)
    expect(pictureOf(rows, { level: 'workload', all: true }).vertices.length).toBeGreaterThan(mostVertices)
  })

  it('aggregates hosts by kind where even they are too many', () => {
    const rows = Array.from({ length: 1300 }, (_, at) => ({
      ...flow(`-/h${at}`, '-/pub'),
      source_type: 'hep',
      dest_type: 'net',
    }))
    expect(ids(pictureOf(rows))).toEqual(['kind/hep/', 'kind/net/dest'])
  })
})

describe('infrastructure', () => {
  const dns = flow('shop/cart', 'kube-system/kube-dns')
  it('is hidden at first and counted', () => {
    const picture = pictureOf([dns, flow('shop/cart', 'shop/web')])
    expect(ids(picture)).toEqual(['workload/shop/cart', 'workload/shop/web'])
    expect(picture.hidden).toMatchObject({ namespaces: 1, tally: { total: { connections: 1 } } })
    expect(pictureOf([dns], { infrastructure: true }).edges).toHaveLength(1)
  })

  it('is shown where something is denied', () => {
    expect(pictureOf([{ ...dns, action: 'deny' }]).edges[0]).toMatchObject({ verdict: 'denied_at_source' })
  })
})

describe('names', () => {
  const label = (names: string[]) =>
    pictureOf(names.map((name) => flow('a/client', `b/${name}`))).vertices.map((v) => v.label)
  it('leaves out what a generator appended', () => {
    expect(label(['checkout-7d9fc4b6d5-*'])).toEqual(['client', 'checkout'])
  })
  it('keeps it where two vertices would read the same', () => {
    expect(label(['checkout-7d9fc4b6d5-*', 'checkout-5c44f6b7b9-*'])).toEqual([
      'client',
      'checkout-7d9fc4b6d5',
      'checkout-5c44f6b7b9',
    ])
  })
})

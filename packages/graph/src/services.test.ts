import { describe, expect, it } from 'vitest'
import { printKql } from '@margay/query'
import { edgeDetail } from './detail.ts'
import { lookupFilter, selectionFilter } from './filter.ts'
import { createServiceLearner } from './services.ts'
import { conversationsOf, flow, pictureOf } from './testing/rows.ts'
import { defaultView, toggle } from './view.ts'

const by = (service: string, namespace = '') => ({ dest_service_name: service, dest_service_namespace: namespace })
const asService = { level: 'service' } as const
const ids = (rows: Parameters<typeof pictureOf>[0], view: Parameters<typeof pictureOf>[1] = asService) =>
  pictureOf(rows, view)
    .vertices.map(({ id }) => id)
    .sort()

describe('workloads by service', () => {
  it('are the service, as a client too, and what nobody dialled by one stays a workload', () => {
    expect(
      ids([flow('shop/web', 'shop/cart', by('cart')), flow('shop/cart', 'data/redis'), flow('shop/web', 'shop/cart')]),
    ).toEqual(['service/shop/cart', 'workload/data/redis', 'workload/shop/web'])
  })

  it('stay one while a rollout is under way', () => {
    const picture = pictureOf(
      [flow('shop/web', 'shop/cart-6b7d9-*', by('cart')), flow('shop/web', 'shop/cart-7d9f4-*', by('cart'))],
      asService,
    )
    const cart = picture.vertices.find(({ id }) => id === 'service/shop/cart')
    expect(cart).toMatchObject({ label: 'cart', sub: 'service, 2 workloads', members: 2 })
  })

  it('are one group where two services share a workload, named by both', () => {
    const rows = [flow('a/x', 'b/y', by('http')), flow('a/x', 'b/y', by('grpc')), flow('a/x', 'b/z', by('grpc'))]
    const picture = pictureOf(rows, asService)
    expect(picture.vertices.map(({ label }) => label)).toEqual(['x', 'grpc, http'])
  })

  it('keep services of one name in two namespaces apart, and say where a service of elsewhere is', () => {
    expect(
      ids([flow('a/x', 'b/y', by('api', 'b')), flow('a/x', 'c/y', by('api', 'c')), flow('a/x', 'd/y', by('api', 'b'))]),
    ).toEqual(['service/b/api', 'service/c/api', 'service/d/b%2Fapi', 'workload/a/x'])
  })

  it('open in place to their workloads', () => {
    const rows = [flow('shop/web', 'shop/cart', by('cart'))]
    const opened = toggle({ ...defaultView, ...asService }, 'service/shop/cart', false)
    expect(ids(rows, opened)).toEqual(['workload/shop/cart', 'workload/shop/web'])
  })

  it('are learned from what the other end reports as well', () => {
    const report = { reporter: 'dst', counts: false }
    expect(ids([flow('a/x', 'b/y'), flow('a/x', 'b/y', { ...report, ...by('api') })])).toContain('service/b/api')
  })

  it('are no matter to the other levels', () => {
    const rows = [flow('shop/web', 'shop/cart', by('cart'))]
    for (const level of ['auto', 'workload', 'pod'] as const)
      expect(ids(rows, { level })).toEqual(['workload/shop/cart', 'workload/shop/web'])
  })
})

describe('the records of a service', () => {
  const rows = [flow('shop/web', 'shop/cart-6b-*', by('cart')), flow('shop/web', 'shop/cart-7d-*', by('cart'))]
  const { hierarchy } = conversationsOf(rows, { services: true })
  const edge = 'workload/shop/web > service/shop/cart'

  it('are those of its workloads', () =>
    expect(printKql(selectionFilter(edge, hierarchy)!)).toContain(
      '(dest_name_aggr: "cart-6b-*" or dest_name_aggr: "cart-7d-*")',
    ))

  it('are those that dialled it where its workloads are not known', () =>
    expect(printKql(selectionFilter(edge)!)).toContain('dest_service_name: "cart"'))

  it('are looked up for by its workloads', () => {
    expect(printKql(lookupFilter('service/shop/cart', hierarchy)!)).toContain('client_name_aggr: "cart-7d-*"')
    expect(lookupFilter('service/shop/cart')).toBeUndefined()
  })

  it('add up as they do in the picture', () => {
    const conversations = conversationsOf(rows, { services: true })
    expect(edgeDetail(conversations, edge)?.edge.tally.total.connections).toBe(2)
    expect(edgeDetail(conversations, 'workload/shop/web > namespace/shop')?.edge.tally.total.connections).toBe(2)
    expect(edgeDetail(conversations, 'service/shop/cart')).toBeUndefined()
    expect(edgeDetail(conversations, 'service/shop/cart > workload/shop/web')).toBeUndefined()
  })
})

it('learns the same groups in any order', () => {
  const facts = [
    ['n', 'w1', 's1'],
    ['n', 'w2', 's2'],
    ['n', 'w2', 's1'],
    ['m', 'w1', 's1'],
  ] as const
  const learned = [facts, facts.toReversed()].map((order) => {
    const learner = createServiceLearner()
    for (const [namespace, workload, service] of order) learner.learn(namespace, workload, service)
    const groups = learner.settle()
    return [groups.of('n', 'w1'), groups.of('n', 'w2'), groups.of('m', 'w1'), groups.of('n', 'w3')]
  })
  expect(learned[0]).toEqual([['s1', 's2'], ['s1', 's2'], ['s1'], []])
  expect(learned[1]).toEqual(learned[0])
})

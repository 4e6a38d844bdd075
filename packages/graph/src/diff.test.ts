import { describe, expect, it } from 'vitest'
import { diffPictures } from './diff.ts'
import { search } from './search.ts'
import { conversationsOf, flow, pictureOf } from './testing/rows.ts'

describe('diff', () => {
  const change = (before: object | undefined, after: object | undefined) => {
    const picture = (rest: object | undefined) => pictureOf(rest ? [flow('a/x', 'b/y', { ...rest })] : [])
    const changes = diffPictures(picture(before), picture(after), {
      measure: 'bytes',
      secondsBefore: 60,
      secondsAfter: 120,
    })
    return changes.map((edge) => edge.change)
  }
  it.each([
    ['new', undefined, {}],
    ['gone', {}, undefined],
    ['newly denied', {}, { action: 'deny' }],
    ['newly allowed', { action: 'deny' }, {}],
    ['unchanged', { bytes_out: 100 }, { bytes_out: 200 }],
    ['heavier', { bytes_out: 100 }, { bytes_out: 500 }],
    ['lighter', { bytes_out: 500 }, { bytes_out: 100 }],
  ])('calls an edge %s', (word, before, after) => {
    expect(change(before, after)).toEqual([word])
  })
})

describe('search', () => {
  const { hierarchy } = conversationsOf([
    flow('shop/cart-7d9fc4b6d5-*', 'data/redis'),
    flow('shop/web', 'shop/redis-cart'),
  ])
  const ids = (text: string) => search(hierarchy, text).map(({ id }) => id)
  it('finds by any words of the path, names that begin so first', () => {
    expect(ids('redis')).toEqual(['workload/data/redis', 'workload/shop/redis-cart'])
    expect(ids('SHOP cart')).toEqual(['workload/shop/cart-7d9fc4b6d5-*', 'workload/shop/redis-cart'])
    expect(ids('  ')).toEqual([])
  })
  it('tells what to open to see it', () => {
    expect(search(hierarchy, 'web')[0]).toMatchObject({ label: 'web', within: ['kind/wep/', 'namespace/shop'] })
  })
})

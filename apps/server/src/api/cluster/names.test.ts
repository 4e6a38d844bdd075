import { describe, expect, it } from 'vitest'
import { namesWith } from './names.ts'

const names = ['shop/db-0', 'shop/web-7-a', 'shop/web-7-b', 'shop/web-70-c', 'shopping/web-7-a'].sort()

describe('names with a beginning', () => {
  it.each([
    ['shop/web-7-', { first: 'shop/web-7-a', count: 2 }],
    ['shop/web-7', { first: 'shop/web-7-a', count: 3 }],
    ['shop/', { first: 'shop/db-0', count: 4 }],
    ['shop/db-0', { first: 'shop/db-0', count: 1 }],
    ['shop/z', undefined],
    ['a', undefined],
  ])('%s', (prefix, expected) => expect(namesWith(names, prefix)).toEqual(expected))

  it('are found without a look at each', () => {
    let looks = 0
    const many = Array.from({ length: 50_000 }, (_, index) => `ns/pod-${String(index).padStart(5, '0')}`)
    const counted = new Proxy(many, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1
        return Reflect.get(target, key) as unknown
      },
    })
    expect(namesWith(counted, 'ns/pod-123')).toEqual({ first: 'ns/pod-12300', count: 100 })
    expect(looks).toBeLessThan(40)
  })
})

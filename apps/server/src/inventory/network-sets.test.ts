import { expect, it } from 'vitest'
import { createInventory } from './inventory.ts'
import { nameAt, read } from './testing.ts'

const set = (nets: readonly string[], labels = {}) =>
  read({
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkSet',
    metadata: { name: 'partners', uid: 'u', labels },
    spec: { nets },
  })

it('a set that changes often is known from its beginning on, and ends for the blocks alone that it gives up', () => {
  const inventory = createInventory()
  for (let i = 0; i < 200; i++) {
    inventory.put(set(['198.51.100.0/24', `203.0.${i}.0/24`], { version: String(i) }), 100 + i)
  }
  expect([100, 250, 5000].map((at) => nameAt(inventory, '198.51.100.7', at))).toEqual(Array(3).fill('partners'))
  expect([100, 101, 5000].map((at) => nameAt(inventory, '203.0.0.1', at))).toEqual(['partners', 'pub', 'pub'])
})

it('a set that is told again is the same endpoint', () => {
  const inventory = createInventory()
  const ids = [100, 200].map((at) => {
    inventory.put(set(['198.51.100.0/24']), at)
    return inventory.endpointAt('198.51.100.7', at).id
  })
  expect(ids[0]).toBe(ids[1])
})

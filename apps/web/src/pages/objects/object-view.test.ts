import { expect, it } from 'vitest'
import { parseSearch, printSearch } from '../../view/address.ts'
import { firstSort, isFiltered, readObjectView, writeObjectView, type ObjectView } from './object-view.ts'

const columns = ['name', 'namespace', 'denied']
const plain = readObjectView({}, columns)
const throughAddress = (view: ObjectView) => readObjectView(parseSearch(printSearch(writeObjectView(view))), columns)

it('comes back from the address, whatever was typed', () => {
  const view: ObjectView = {
    name: 'a&b#c+d%é',
    namespace: 'shop',
    node: 'node-1',
    policy: 'shop/app.cart',
    labels: "app in (a, b) && has('x')",
    unlabelled: true,
    unprotected: true,
    denied: true,
    sort: { column: 'denied', descending: true },
  }
  expect(throughAddress(view)).toEqual(view)
})

it('says nothing in the address of what everyone starts with', () => {
  expect(printSearch(writeObjectView(plain))).toBe('')
  expect(isFiltered(plain)).toBe(false)
})

it('leaves out what it does not understand', () =>
  expect(readObjectView({ by: '-colour', open: 'yes' }, columns)).toEqual({ ...plain, sort: firstSort }))

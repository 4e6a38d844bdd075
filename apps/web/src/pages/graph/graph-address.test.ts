import { defaultView, vertexId } from '@margay/graph'
import { expect, it } from 'vitest'
import { parseSearch, printSearch } from '../../view/address.ts'
import { defaultGraphView, readGraphView, writeGraphView, type GraphView } from './graph-address.ts'

const throughAddress = (view: GraphView) => readGraphView(parseSearch(printSearch(writeGraphView(view))))

it('comes back from the address, whatever the names in it', () => {
  const view: GraphView = {
    view: {
      level: 'service',
      opened: new Set([vertexId('workload', ['a&b#c', 'x+y%z"é'])]),
      closed: new Set([vertexId('namespace', ['shop']), vertexId('namespace', ['data'])].sort()),
      infrastructure: true,
      domains: true,
      all: true,
    },
    measure: 'connections',
    twin: 'matrix',
    tab: 'denied',
    within: 'namespace/shop > namespace/a%2Fb',
  }
  expect(throughAddress(view)).toEqual(view)
})

it('says nothing in the address of what everyone starts with', () =>
  expect(printSearch(writeGraphView(defaultGraphView))).toBe(''))

it('leaves out what it does not understand', () =>
  expect(readGraphView({ level: 'galaxy', as: 'globe', width: '9', tab: '' })).toEqual({
    ...defaultGraphView,
    view: defaultView,
  }))

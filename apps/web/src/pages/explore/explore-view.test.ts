import { dnsLog, flowLog } from '@margay/model'
import { expect, it } from 'vitest'
import { parseSearch, printSearch } from '../../view/address.ts'
import { newestFirst, readExplore, startOf, writeExplore } from './explore-view.ts'

it.each([
  startOf(flowLog),
  startOf(dnsLog),
  {
    type: flowLog,
    columns: ['start_time', 'source_labels.labels', 'bytes_in'],
    sort: { field: 'bytes_in', descending: false },
  },
])('comes back from the address: $type.name, sorted by $sort.field', (view) =>
  expect(readExplore(parseSearch(printSearch(writeExplore(view))))).toEqual(view),
)

it('says nothing in the address of what everyone starts with', () =>
  expect(printSearch(writeExplore(startOf(flowLog)))).toBe(''))

it('leaves out columns, orders and logs that there are not', () =>
  expect(readExplore({ log: 'nonsense', cols: 'nope,proto,constructor', sort: '-toString' })).toEqual({
    type: flowLog,
    columns: ['proto'],
    sort: newestFirst(flowLog),
  }))

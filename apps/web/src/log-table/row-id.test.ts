import { expect, it } from 'vitest'
import { contentOfId, rowId, rowIds, timeOfId } from './row-id.ts'

it('gives a row the same id whatever the order of its fields', () =>
  expect(rowId({ start_time: 5, proto: 'tcp' }, 'start_time')).toBe(
    rowId({ proto: 'tcp', start_time: 5 }, 'start_time'),
  ))

it('tells rows apart that differ in one digit over 2^53', () =>
  expect(rowId({ start_time: 5, bytes_in: 9_007_199_254_740_993n }, 'start_time')).not.toBe(
    rowId({ start_time: 5, bytes_in: 9_007_199_254_740_992n }, 'start_time'),
  ))

it('tells equal rows apart by their place', () => {
  const [first, second, third] = rowIds([{ start_time: 5 }, { start_time: 5 }, { start_time: 5 }], 'start_time')
  expect(new Set([first, second, third]).size).toBe(3)
  expect([contentOfId(second!), timeOfId(third!)]).toEqual([first, 5])
})

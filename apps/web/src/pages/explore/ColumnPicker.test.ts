import { expect, it } from 'vitest'
import { moveColumn, toggleColumn } from './ColumnPicker.tsx'

it('moves a column within the ends', () => {
  expect(moveColumn(['a', 'b', 'c'], 'b', 1)).toEqual(['a', 'c', 'b'])
  expect(moveColumn(['a', 'b', 'c'], 'b', -1)).toEqual(['b', 'a', 'c'])
  expect(moveColumn(['a', 'b'], 'a', -1)).toEqual(['a', 'b'])
  expect(moveColumn(['a', 'b'], 'x', 1)).toEqual(['a', 'b'])
})

it('adds at the end and takes away, but never the last', () => {
  expect(toggleColumn(['a'], 'b')).toEqual(['a', 'b'])
  expect(toggleColumn(['a', 'b'], 'a')).toEqual(['b'])
  expect(toggleColumn(['a'], 'a')).toEqual(['a'])
})

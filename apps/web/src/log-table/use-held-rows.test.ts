import { expect, it } from 'vitest'
import { withoutEntered } from './use-held-rows.ts'

it('holds back only what entered above the first row, and lets pages below come', () => {
  const [a, b, c, d] = [{}, {}, {}, {}]
  expect(withoutEntered([a, b, c], b)).toEqual([b, c])
  expect(withoutEntered([a, b, c, d], b)).toHaveLength(3)
  expect(withoutEntered([a, b], a)).toHaveLength(2)
})

it('shows everything of another search, and while nothing is held', () => {
  expect(withoutEntered(['x', 'y'], 'gone')).toEqual(['x', 'y'])
  expect(withoutEntered(['x', 'y'], undefined)).toEqual(['x', 'y'])
})

import { expect, it } from 'vitest'
import { optionOf } from './language.ts'

const value = { kind: 'value', label: 'curl', insert: 'curl', replaced: { from: 0, to: 0 } } as const

it('says of a value how many rows have it, or have it at least', () => {
  expect(optionOf({ ...value, detail: '1200' }, 0, true).detail).toBe('1,200')
  expect(optionOf({ ...value, detail: '1200' }, 0, false).detail).toBe('at least 1,200')
})

it('counts nothing where a suggestion is only described', () => {
  expect(optionOf({ ...value, detail: 'has a value' }, 0, false).detail).toBe('has a value')
  expect(optionOf(value, 0, false)).not.toHaveProperty('detail')
})

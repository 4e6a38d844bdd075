import { expect, it } from 'vitest'
import { pages } from './notices.ts'

it('THIRD-PARTY.md is what the lock says, and every licence was accepted', () => {
  const { text, refused, current } = pages()
  expect(refused).toEqual([])
  expect(current, 'run npm run notices').toBe(text)
})

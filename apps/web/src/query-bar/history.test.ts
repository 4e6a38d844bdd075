import { describe, expect, it } from 'vitest'
import { remember, step } from './history.ts'

describe('the history of queries', () => {
  it('keeps each query once, newest first, and no empty one', () =>
    expect(['a', 'b', 'a', ' '].reduce<readonly string[]>(remember, [])).toEqual(['a', 'b']))

  it('holds a hundred', () => {
    const many = Array.from({ length: 150 }, (_, index) => `q${index}`).reduce<readonly string[]>(remember, [])
    expect([many.length, many[0]]).toEqual([100, 'q149'])
  })

  it('walks back, and forward to what was being written', () => {
    const history = ['newest', 'oldest']
    const back = step(history, { at: -1, draft: 'draft' }, 1)
    expect(back?.text).toBe('newest')
    expect(step(history, step(history, back!, 1)!, 1)).toBeUndefined()
    expect(step(history, back!, -1)?.text).toBe('draft')
    expect(step(history, { at: -1, draft: 'draft' }, -1)).toBeUndefined()
  })

  it('goes from the query that was just run to the one before it', () => {
    const history = ['just run', 'before', 'long before']
    const back = step(history, { at: -1, draft: 'just run' }, 1)
    expect(back?.text).toBe('before')
    expect(step(history, back!, 1)?.text).toBe('long before')
    expect(step(history, back!, -1)?.text).toBe('just run')
  })
})

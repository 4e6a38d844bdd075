import { describe, expect, it } from 'vitest'
import { createReviewed } from './reviewed.ts'
import { createStrangers, usualStrangers } from './strangers.ts'
import { createTokens } from './tokens.ts'

/** One source that knows tokens by a list which may change, and how often it was asked. Guests are known and not let in. */
function make(known: Set<string>, maxTokens = 10) {
  let now = 0
  let asked = 0
  const clock = () => now
  const source = createReviewed<string>({ keepMs: 30_000, maxTokens, clock }, async (token) => {
    asked++
    return known.has(token) ? `owner of ${token}` : undefined
  })
  const tokens = createTokens([source], { strangers: createStrangers(usualStrangers, clock), clock })
  const whose = (token: string, peer: string) => tokens.whose(token, peer, (owner) => !owner.includes('guest'))
  return { whose, asked: () => asked, pass: (ms: number) => (now += ms) }
}

describe('tokens', () => {
  it('are asked about once while the answer is good, however many ask', async () => {
    const { whose, asked, pass } = make(new Set(['a']))
    expect(await Promise.all([whose('a', 'p'), whose('a', 'p'), whose('a', 'q')])).toEqual(Array(3).fill('owner of a'))
    await whose('a', 'p')
    expect(asked()).toBe(1)
    pass(30_000)
    await Promise.all([whose('a', 'p'), whose('a', 'p')])
    expect(asked()).toBe(2)
  })

  it('of nobody are asked about once in ten seconds, and a repeated one is no further guess', async () => {
    const { whose, asked, pass } = make(new Set())
    for (let n = 0; n < 100; n++) expect(await whose('old', 'p')).toBeUndefined()
    expect(asked()).toBe(1)
    pass(10_000)
    await whose('old', 'p')
    expect(asked()).toBe(2)
  })

  it('that are known are not pushed out by a flood of others', async () => {
    const { whose, asked } = make(new Set(['a']), 2)
    await whose('a', 'home')
    for (let n = 0; n < 50; n++) await whose(`junk ${n}`, `10.0.0.${n}`)
    const before = asked()
    expect(await whose('a', 'home')).toBe('owner of a')
    expect(asked()).toBe(before)
  })

  it('that were good are renewed from a peer that nobody else listens to', async () => {
    const { whose, pass } = make(new Set(['a']))
    await whose('a', 'shared')
    pass(30_000)
    for (let n = 0; n < usualStrangers.wrongInMinute; n++) await whose(`junk ${n}`, 'shared')
    await expect(whose('another', 'shared')).rejects.toThrow(/too many unknown tokens/)
    expect(await whose('a', 'shared')).toBe('owner of a')
  })

  it('of somebody who is not let in are told apart, and are no further guess for a moment', async () => {
    const { whose, asked, pass } = make(new Set(['guest']))
    for (let n = 0; n < 100; n++) expect(await whose('guest', 'p')).toBe('owner of guest')
    expect(asked()).toBe(1)
    pass(10_000)
    await whose('guest', 'p')
    expect(asked()).toBe(2)
  })

  it('that are good and not let in push nobody out and count against their peer', async () => {
    const guests = Array.from({ length: usualStrangers.wrongInMinute }, (_, n) => `guest ${n}`)
    const { whose, asked } = make(new Set(['a', ...guests]), 2)
    await whose('a', 'home')
    for (const guest of guests) await whose(guest, 'far')
    await expect(whose('guest more', 'far')).rejects.toThrow(/too many unknown tokens/)
    const before = asked()
    expect(await whose('a', 'far')).toBe('owner of a')
    expect(asked()).toBe(before)
  })

  it('are not wrong where it cannot be told whether their owner is let in', async () => {
    const clock = () => 0
    const source = createReviewed<string>({ keepMs: 30_000, maxTokens: 2, clock }, async (token) => token)
    const tokens = createTokens([source], { strangers: createStrangers(usualStrangers, clock), clock })
    const cannotTell = () => Promise.reject(new Error('no answer'))
    for (let n = 0; n < 2 * usualStrangers.wrongInMinute; n++)
      await expect(tokens.whose(`t${n}`, 'p', cannotTell)).rejects.toThrow('no answer')
    expect(await tokens.whose('t0', 'p', () => true)).toBe('t0')
  })

  it('that were taken back are strangers again', async () => {
    const known = new Set(['a'])
    const { whose, pass } = make(known)
    await whose('a', 'p')
    known.clear()
    pass(30_000)
    expect(await whose('a', 'p')).toBeUndefined()
    expect(await whose('a', 'p')).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { createClocks } from './clocks.ts'

const now = 1_793_000_000
const made = (madeAt: number) => ({ agent: 'n1', madeAt })

describe('the clock of an agent', () => {
  it('is ahead by its least delayed frame, and by nothing where frames are only late', () => {
    const clocks = createClocks()
    clocks.note(made(now - 3), now)
    expect(clocks.ahead('n1')).toBe(0)
    for (const offset of [2, 5, -600, 4]) clocks.note(made(now + offset), now)
    expect([clocks.ahead('n1'), clocks.ahead('n2')]).toEqual([5, 0])
  })
  it('is level where it is ahead by no more than seconds are cut', () => {
    const clocks = createClocks()
    clocks.note(made(now + 1), now)
    expect(clocks.ahead('n1')).toBe(0)
  })
  it('is believed anew some minutes after it was set right', () => {
    const clocks = createClocks()
    clocks.note(made(now + 50), now)
    for (let at = now + 10; at < now + 700; at += 10) clocks.note(made(at), at)
    expect(clocks.ahead('n1')).toBe(0)
  })
  it('of an hour behind makes fresh frames all the same, and a spool is none', () => {
    const clocks = createClocks()
    clocks.note(made(now - 3600), now)
    expect(clocks.isFresh(made(now - 3600), now)).toBe(true)
    expect(clocks.isFresh(made(now - 3600 - 120), now)).toBe(false)
    clocks.note(made(now), now)
    expect(clocks.isFresh(made(now - 3600), now)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { createBodyAllowance } from './body-allowance.ts'

const mebibyte = 1_048_576

describe('what a body may cost', () => {
  it('is spent after 256 MiB of plain bytes', () => {
    const allowance = createBodyAllowance()
    for (let frames = 0; frames < 64; frames++) {
      expect(allowance.isSpent).toBe(false)
      allowance.spend(4 * mebibyte)
    }
    expect(allowance.isSpent).toBe(true)
  })
  it('is spent after four frames that cannot be read', () => {
    const allowance = createBodyAllowance()
    for (let broken = 0; broken < 4; broken++) {
      expect(allowance.isSpent).toBe(false)
      allowance.noteBroken()
    }
    expect(allowance.isSpent).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { createHandovers } from './handovers.ts'

function setUp() {
  const listeners: (() => void)[] = []
  const ended = new AbortController()
  const output = { onHandover: (listener: () => void) => (listeners.push(listener), () => {}) }
  return { handovers: createHandovers(output, ended.signal), tell: () => listeners.forEach((each) => each()), ended }
}
const longer = 3_600_000

describe('handovers', () => {
  it('end a pause, and are taken once', async () => {
    const { handovers, tell } = setUp()
    const pause = handovers.pause(longer)
    expect(handovers.take()).toBe(false)
    tell()
    tell()
    await pause
    expect([handovers.take(), handovers.take()]).toEqual([true, false])
  })
  it('that came between two pauses leave no time for the next', async () => {
    const { handovers, tell } = setUp()
    tell()
    await handovers.pause(longer)
    expect(handovers.take()).toBe(true)
    const pause = handovers.pause(longer)
    tell()
    await pause
  })
  it('pause no longer than the loop runs', async () => {
    const { handovers, ended } = setUp()
    const pause = handovers.pause(longer)
    ended.abort()
    await pause
    expect(handovers.take()).toBe(false)
  })
})

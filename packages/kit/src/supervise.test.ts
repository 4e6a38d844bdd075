import { describe, expect, it } from 'vitest'
import { createHealth } from './health.ts'
import { createLogger } from './log.ts'
import type { Part } from './part.ts'
import { aborted } from './part.ts'
import { FatalError, supervise } from './supervise.ts'

const silent = createLogger({ level: 'error', form: 'json' }, { write: () => {} })

describe('supervise', () => {
  it('starts a dead part again and leaves its neighbour alone', async () => {
    const stop = new AbortController()
    const health = createHealth()
    const lives = { weak: 0, strong: 0 }
    const seen: string[] = []
    const weak: Part = {
      name: 'weak',
      async run(signal) {
        lives.weak++
        if (lives.weak < 3) throw new Error('tired')
        seen.push(health.report().weak!.state)
        stop.abort()
        await aborted(signal)
      },
    }
    const strong: Part = { name: 'strong', run: (signal) => (lives.strong++, aborted(signal)) }
    await supervise([weak, strong], { log: silent, health, chance: () => 0 }, stop.signal)
    expect(lives).toEqual({ weak: 3, strong: 1 })
    expect(seen).toEqual(['ok'])
    expect(health.report()).toMatchObject({ weak: { state: 'off', restarts: 2 }, strong: { state: 'off' } })
  })
  it('ends everything when a death cannot be mended', async () => {
    const ended: string[] = []
    const doomed: Part = { name: 'doomed', run: () => Promise.reject(new FatalError('port 1 is in use')) }
    const other: Part = { name: 'other', run: (signal) => aborted(signal).then(() => void ended.push('other')) }
    const deps = { log: silent, health: createHealth() }
    await expect(supervise([doomed, other], deps, new AbortController().signal)).rejects.toThrow('port 1 is in use')
    expect(ended).toEqual(['other'])
  })
})

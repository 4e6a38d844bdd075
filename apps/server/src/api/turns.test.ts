// Long work lets others have their turns. Counted, not timed.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inTurns, runSteps } from './turns.ts'

/** How many turns somebody else has while the work is done. */
async function turnsBeside(work: Promise<unknown>): Promise<number> {
  let isDone = false
  let turns = 0
  const settle = () => void (isDone = true)
  work.then(settle, settle)
  while (!isDone) {
    turns += 1
    await nextTurn()
  }
  return turns
}

function* steps(count: number): Generator<void, string> {
  for (let left = count; left > 0; left--) yield
  return 'done'
}

describe('work in turns', () => {
  it('gives one result for each value, in their order', async () => {
    const values = Array.from({ length: 1_201 }, (_, index) => index)
    expect(await inTurns(values, (value) => value * 2)).toEqual(values.map((value) => value * 2))
    expect(await inTurns([], () => 1)).toEqual([])
  })

  it('lets others have one turn for each step', async () => {
    const turns = (count: number) => turnsBeside(inTurns(Array.from({ length: count }), () => 0, { step: 100 }))
    const [few, many] = [await turns(1_000), await turns(10_000)]
    expect(few).toBeGreaterThanOrEqual(9)
    expect(many).toBeGreaterThanOrEqual(99)
    expect(await turnsBeside(runSteps(steps(50)))).toBeGreaterThanOrEqual(50)
  })

  it('ends where nobody waits for the answer any more', async () => {
    const gone = new AbortController()
    let worked = 0
    const count = () => {
      worked += 1
      if (worked === 150) gone.abort()
    }
    const work = inTurns(Array.from({ length: 1_000 }), count, { step: 100, signal: gone.signal })
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
    expect(worked).toBe(200)
    await expect(runSteps(steps(3), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
  })
})

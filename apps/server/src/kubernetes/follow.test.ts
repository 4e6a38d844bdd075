// What a follower says of the time in which nobody watched, on an API server that is played line by line.
import { sleep } from '@margay/kit'
import { describe, expect, it } from 'vitest'
import type { ApiClient } from './client.ts'
import { ApiStatusError } from './client.ts'
import type { Heard } from './follow.ts'
import { follow, usualFollow } from './follow.ts'

const resource = { group: '', version: 'v1', kind: 'Pod', resource: 'pods' }
const start = 1_793_000_000
const pod = (name: string, more = {}) => ({ metadata: { name, namespace: 'shop', uid: name, ...more } })
const event = (type: string, name: string) => JSON.stringify({ type, object: { ...pod(name), kind: 'Pod' } })

/** An answer: items of a list, or lines of a watch. Each may pass time, and ends as it says. */
interface Answer {
  readonly items?: readonly object[]
  readonly lines?: readonly (string | { readonly pass: number })[]
  readonly ends?: 'broken' | 'gone' | 'silent'
}

/** Plays answers one after the other and gives what was told of objects. */
async function play(heard: Heard, answers: readonly Answer[]) {
  const told: string[] = []
  const stop = new AbortController()
  const left = [...answers]
  let clock = start * 1000
  const tell = (what: string, unseenSince: number | undefined) =>
    void told.push(`${what}${unseenSince === undefined ? '' : ` unseen since ${unseenSince - start}`}`)
  const next = async (): Promise<Answer> => {
    const answer = left.shift()
    if (answer) return answer
    stop.abort()
    await sleep(0)
    throw new Error('over')
  }
  const end = ({ ends }: Answer) => {
    if (ends === 'broken') throw new Error('reset')
    if (ends === 'gone') throw new ApiStatusError(410, 'Expired', 'too old')
  }
  const client: Pick<ApiClient, 'bytes' | 'lines'> = {
    async *bytes() {
      const answer = await next()
      end(answer)
      yield Buffer.from(JSON.stringify({ items: answer.items, metadata: { resourceVersion: '5' } }))
    },
    async *lines(_path, _signal, _idleMs, on) {
      const answer = await next()
      on.open()
      for (const line of answer.lines ?? []) {
        if (typeof line === 'string') yield line
        else clock += line.pass * 1000
      }
      if (answer.ends === 'silent') on.silence()
      end(answer)
    },
  }
  await follow(
    resource,
    { ...usualFollow, pageObjects: 10 },
    {
      client: client as ApiClient,
      objects: {
        put: ({ name }, found, unseenSince) => tell(`${found ? 'found' : 'put'} ${name}`, unseenSince),
        remove: (uid, unseenSince) => tell(`remove ${uid}`, unseenSince),
        sweep: (_, seen, unseenSince) => tell(`sweep but ${[...seen].join(' ')}`, unseenSince),
        settle: () => {},
      },
      onState: () => {},
      onProblem: () => {},
      era: () => new AbortController().signal,
      heard,
      clock: () => clock,
      chance: () => 0,
    },
    stop.signal,
  )
  return told
}
const unheard = (): Heard => ({ until: undefined, isListed: false })
const pass = (seconds: number) => ({ pass: seconds })

describe('what a follower tells', () => {
  it('is found at first and seen as it happens from then on', async () => {
    const told = await play(unheard(), [
      { items: [pod('a')] },
      { lines: [pass(300), event('ADDED', 'b'), pass(60), event('DELETED', 'a')] },
    ])
    expect(told).toEqual(['found a', 'sweep but a', 'put b', 'remove a'])
  })
  it('after a list that was lost is of some time since it last heard', async () => {
    const told = await play(unheard(), [
      { items: [pod('a')] },
      { lines: [pass(100), event('MODIFIED', 'a'), pass(200)], ends: 'gone' },
      { items: [pod('b')] },
      { lines: [pass(10), event('ADDED', 'c')] },
    ])
    expect(told.slice(2)).toEqual(['put a', 'put b unseen since 100', 'sweep but b unseen since 100', 'put c'])
  })
  it('by a watch that resumes is of some time since it last heard, and soon as it happens', async () => {
    const told = await play(unheard(), [
      { items: [pod('a')] },
      { lines: [pass(100), event('MODIFIED', 'a'), pass(200)], ends: 'broken' },
      { lines: [event('ADDED', 'b'), event('DELETED', 'a'), pass(60), event('ADDED', 'c')] },
    ])
    expect(told.slice(3)).toEqual(['put b unseen since 100', 'remove a unseen since 100', 'put c'])
  })
  it('by a watch that follows one which the server ended is seen as it happens, and after a silent one it is not', async () => {
    const ended = (ends?: 'silent') => [
      { items: [pod('a')] },
      { lines: [pass(100), event('MODIFIED', 'a'), pass(200)], ...(ends && { ends }) },
      { lines: [event('ADDED', 'b')] },
    ]
    expect((await play(unheard(), ended())).at(-1)).toBe('put b')
    expect((await play(unheard(), ended('silent'))).at(-1)).toBe('put b unseen since 100')
  })
  it('of a kind that was not served before is new since then, where it does not say that it is older', async () => {
    const created = (seconds: number) => ({ creationTimestamp: new Date((start + seconds) * 1000).toISOString() })
    const told = await play({ until: start - 30, isListed: false }, [
      { items: [pod('new', created(-10)), pod('old', created(-500)), pod('unknown')] },
    ])
    expect(told.slice(0, 3)).toEqual([
      'put new unseen since -30',
      'found old unseen since -30',
      'put unknown unseen since -30',
    ])
  })
  it('of a kind that another follower followed before is never found again', async () => {
    expect(await play({ until: start - 30, isListed: true }, [{ items: [pod('a')] }])).toContain(
      'put a unseen since -30',
    )
  })
})

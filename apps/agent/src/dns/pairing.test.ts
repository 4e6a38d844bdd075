import { describe, expect, it } from 'vitest'
import type { DnsMessage } from './message.ts'
import { createPairing } from './pairing.ts'
import type { Lookup } from './pairing.ts'

const ms = 1e6
const x = { name: 'x.test', type: 'A', class: 'IN' }
const y = { name: 'y.test', type: 'A', class: 'IN' }
const answerTo = (question: typeof x) => {
  const message: DnsMessage = {
    id: 1,
    isResponse: true,
    code: 'NOERROR',
    isTruncated: false,
    question,
    answers: [],
    isCut: false,
  }
  return { ok: true, message } as const
}

function setUp(maxPending = 100) {
  const lookups: Lookup<string>[] = []
  const lost: string[] = []
  const pairing = createPairing<string>(
    { timeoutNs: 5000 * ms, orphanNs: 1000 * ms, maxPending },
    { done: (lookup) => lookups.push(lookup), lost: (what) => lost.push(what) },
  )
  const shown = () =>
    lookups.map(({ question, tries, answer, latencyNs }) => [
      question?.name,
      tries,
      answer?.ok,
      latencyNs && latencyNs / ms,
    ])
  return { pairing, lookups, lost, shown }
}

describe('pairing', () => {
  it('measures each use of an id and port by itself', () => {
    const { pairing, shown } = setUp()
    pairing.ask('k', 0, 'c', x)
    pairing.answer('k', 5 * ms, 'c', answerTo(x))
    pairing.ask('k', 2005 * ms, 'c', x)
    pairing.answer('k', 2010 * ms, 'c', answerTo(x))
    expect(shown()).toEqual([
      ['x.test', 1, true, 5],
      ['x.test', 1, true, 5],
    ])
  })

  it('counts a question sent again as another try, and times the answer from it', () => {
    const { pairing, shown } = setUp()
    pairing.ask('k', 0, 'c', x)
    pairing.ask('k', 1000 * ms, 'c', x)
    pairing.answer('k', 1005 * ms, 'c', answerTo(x))
    expect(shown()).toEqual([['x.test', 2, true, 5]])
  })

  it('gives a latency to an answer that is read before its question', () => {
    const { pairing, shown } = setUp()
    pairing.answer('k', 7 * ms, 'c', answerTo(x))
    pairing.ask('k', 2 * ms, 'c', x)
    expect(shown()).toEqual([['x.test', 1, true, 5]])
    expect(pairing.pending).toBe(0)
  })

  it('ends a lookup whose id is used for another name, as unanswered', () => {
    const { pairing, shown } = setUp()
    pairing.ask('k', 0, 'c', x)
    pairing.ask('k', 10 * ms, 'c', y)
    pairing.answer('k', 12 * ms, 'c', answerTo(y))
    expect(shown()).toEqual([
      ['x.test', 1, undefined, undefined],
      ['y.test', 1, true, 2],
    ])
  })

  it('says unanswered only after the timeout since the last try', () => {
    const { pairing, shown } = setUp()
    pairing.ask('k', 0, 'c', x)
    pairing.ask('k', 3000 * ms, 'c', x)
    pairing.expire(5000 * ms)
    expect(shown()).toEqual([])
    pairing.expire(8000 * ms)
    expect(shown()).toEqual([['x.test', 2, undefined, undefined]])
  })

  it('keeps an answer whose question nobody saw, without a latency, but not one that came twice', () => {
    const { pairing, shown } = setUp()
    pairing.answer('unseen', 0, 'c', answerTo(x))
    pairing.ask('k', 0, 'c', y)
    pairing.answer('k', 5 * ms, 'c', answerTo(y))
    pairing.answer('k', 6 * ms, 'c', answerTo(y))
    pairing.expire(2000 * ms)
    expect(shown()).toEqual([
      ['y.test', 1, true, 5],
      ['x.test', 1, true, undefined],
    ])
  })

  it('lets the oldest go where too many wait, and counts it', () => {
    const { pairing, lookups, lost } = setUp(2)
    for (const key of ['a', 'b', 'c']) pairing.ask(key, 0, key, x)
    expect(pairing.pending).toBe(2)
    expect(lookups.map(({ client }) => client)).toEqual(['a'])
    expect(lost).toEqual(['dns_pending_full'])
  })
})

import { describe, expect, it } from 'vitest'
import { peerOf } from './peer.ts'
import type { StrangersConfig } from './strangers.ts'
import { createStrangers, usualStrangers } from './strangers.ts'

const strangers = (more: Partial<StrangersConfig> = {}) => {
  let now = 0
  const made = createStrangers({ ...usualStrangers, ...more }, () => now)
  const admit = <T>(peer: string, ask: () => Promise<T | undefined>) =>
    made.admit(peer, ask, (answer) => answer !== undefined)
  return { admit, pass: (ms: number) => (now += ms) }
}

/** Questions that are answered when the test says so. */
function createQuestions() {
  const open: { readonly peer: string; readonly answer: () => void }[] = []
  return {
    ask: (peer: string) => () => new Promise<string>((resolve) => open.push({ peer, answer: () => resolve(peer) })),
    peers: () => open.map(({ peer }) => peer),
    answerFirst: () => open.shift()!.answer(),
  }
}

/** Everything that is ready to run has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('strangers', () => {
  it('of a peer with too many wrong tokens are not listened to for the rest of its minute', async () => {
    const { admit, pass } = strangers({ wrongInMinute: 3 })
    for (let n = 0; n < 3; n++) expect(await admit('a', async () => undefined)).toBeUndefined()
    pass(20_000)
    await expect(admit('a', async () => 'x')).rejects.toMatchObject({ name: 'TooManyTokens', retryAfterSeconds: 40 })
    expect(await admit('b', async () => 'x')).toBe('x')
    pass(40_000)
    expect(await admit('a', async () => 'x')).toBe('x')
  })

  it('are not blamed for a question that failed, nor for a good token', async () => {
    const { admit } = strangers({ wrongInMinute: 1 })
    await expect(admit('a', () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer')
    expect(await admit('a', async () => 'x')).toBe('x')
    expect(await admit('a', async () => 'y')).toBe('y')
  })

  it('take turns, so that a peer with many waits behind one with few', async () => {
    const { admit } = strangers({ atOnce: 2, atOnceOfPeer: 2 })
    const { ask, peers, answerFirst } = createQuestions()
    const all = 'aaaaaabc'.split('').map((peer) => admit(peer, ask(peer)))
    await settled()
    expect(peers()).toEqual(['a', 'a'])
    const order = []
    for (let n = 0; n < all.length; n++) {
      order.push(peers()[0])
      answerFirst()
      await settled()
    }
    expect(order.join('')).toBe('aaabcaaa')
    expect(await Promise.all(all)).toEqual('aaaaaabc'.split(''))
  })

  it('of one peer never hold every place', async () => {
    const { admit } = strangers({ atOnce: 3, atOnceOfPeer: 2 })
    const { ask, peers } = createQuestions()
    for (const peer of 'aaaa') void admit(peer, ask(peer))
    await settled()
    expect(peers()).toEqual(['a', 'a'])
    void admit('b', ask('b'))
    await settled()
    expect(peers()).toEqual(['a', 'a', 'b'])
  })

  it('who would wait too long are told so', async () => {
    const { admit } = strangers({ atOnceOfPeer: 1, waitingOfPeer: 2, waiting: 3 })
    const { ask } = createQuestions()
    for (const peer of 'aaab') void admit(peer, ask(peer))
    await expect(admit('a', ask('a'))).rejects.toThrow(/ask again in 1 s/)
    void admit('b', ask('b'))
    await expect(admit('b', ask('b'))).rejects.toThrow(/ask again in 1 s/)
  })
})

it.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['fe80::1%eth0', 'fe80::'],
  [undefined, 'local'],
])('the peer of %j is %s', (address, peer) => {
  expect(peerOf(address)).toBe(peer)
})

import { describe, expect, it } from 'vitest'
import type { FollowState } from './follow.ts'
import { createSureness, knowsNames } from './sureness.ts'

const following: FollowState = { state: 'following' }
const failing: FollowState = { state: 'failing', detail: 'reset' }
const refused: FollowState = { state: 'refused', verb: 'list' }

describe('what names and verdicts rest on', () => {
  it.each([
    ['Pod', false],
    ['Node', false],
    ['Service', false],
    ['EndpointSlice', false],
    ['Namespace', false],
    ['NetworkPolicy', false],
    ['GlobalNetworkSet', false],
    ['CiliumNetworkPolicy', false],
    ['CronJob', true],
    ['Job', true],
    ['ReplicaSet', true],
    ['Deployment', true],
    ['StatefulSet', true],
    ['DaemonSet', true],
  ])('fails with %s: known all the same is %s', (kind, expected) => {
    expect(
      knowsNames([
        ['Tier', following],
        [kind, failing],
      ]),
    ).toBe(expected)
    expect(
      knowsNames([
        ['Tier', following],
        [kind, undefined],
      ]),
    ).toBe(expected)
  })
  it('is known as far as it will be where it may not be read, and not before anything was', () => {
    expect(knowsNames([['Pod', refused]])).toBe(true)
    expect(knowsNames([])).toBe(false)
    expect(knowsNames([['CronJob', following]])).toBe(false)
  })
})

describe('an outage', () => {
  /** A clock that starts at 1000 s, sure from the start. */
  const begin = () => {
    let now = 1_000_000
    const sureness = createSureness(() => now)
    sureness.note(false)
    sureness.note(true)
    return { sureness, pass: (ms: number) => void (now += ms), now: () => now }
  }
  it('counts from the first look on, and nothing is caught up with when that is whole', () => {
    const sureness = createSureness(() => 5_000)
    sureness.note(false)
    expect(sureness.unsureSince()).toBe(5_000)
    sureness.note(true)
    expect(sureness.unsureSince()).toBeUndefined()
  })
  it('lasts until what was missed came, which is a second from then on, however long it was', () => {
    const { sureness, pass, now } = begin()
    pass(500_000)
    sureness.note(false, now() - 3_000)
    expect(sureness.unsureSince()).toBe(now() - 3_000)
    pass(300_000)
    sureness.note(true)
    expect(sureness.unsureSince()).toBe(now())
    pass(999)
    expect(sureness.unsureSince()).toBe(now() - 999)
    pass(1)
    expect(sureness.unsureSince()).toBeUndefined()
  })
  it('that comes and goes is one, so that what waits for its end waits a minute in all and not for ever', () => {
    const { sureness, pass, now } = begin()
    pass(500_000)
    const began = now()
    let held = 0
    for (let flap = 0; flap < 1_000; flap++) {
      for (const isSure of [false, true]) {
        sureness.note(isSure)
        const since = sureness.unsureSince()
        if (since !== undefined && now() - since < 60_000) held++
        pass(500)
      }
    }
    // A flap a second: a minute of it, and the second in which the first end was waited for.
    expect(held).toBeLessThanOrEqual(122)
    sureness.note(false)
    expect(sureness.unsureSince()).toBe(began)
  })
  it('after a minute without one is another', () => {
    const { sureness, pass, now } = begin()
    pass(500_000)
    sureness.note(false)
    sureness.note(true)
    pass(60_000)
    sureness.note(false)
    expect(sureness.unsureSince()).toBe(now())
  })
})

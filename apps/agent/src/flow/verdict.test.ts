import { describe, expect, it } from 'vitest'
import { endedBy, tcpState, verdictOf, verdictOfDrop } from './verdict.ts'

const lastAck = 9

describe('outcome and action', () => {
  it.each([
    ['alive', tcpState.established, 0, false, undefined, 'established allow'],
    ['closed in order', tcpState.finWait2, 0, true, undefined, 'established allow'],
    ['closed in order by the peer first', lastAck, 0, true, undefined, 'established allow'],
    ['reset by the peer', tcpState.established, 104, true, undefined, 'reset allow'],
    ['reset by us', tcpState.established, 0, true, undefined, 'reset allow'],
    ['refused', tcpState.synSent, 111, true, undefined, 'refused allow'],
    ['timed out', tcpState.synSent, 110, true, undefined, 'unanswered allow'],
    ['given up by the program', tcpState.synSent, 0, true, undefined, 'unanswered allow'],
    ['still connecting', tcpState.synSent, 0, false, undefined, 'unanswered allow'],
    ['dropped by a rule', tcpState.synSent, 0, true, 'NETFILTER_DROP', 'dropped deny NETFILTER_DROP'],
    ['rejected by a rule', tcpState.synSent, 111, true, 'NETFILTER_DROP', 'refused deny NETFILTER_DROP'],
    ['dropped for want of a route', tcpState.synSent, 113, true, 'IP_OUTNOROUTES', 'dropped allow IP_OUTNOROUTES'],
  ] as const)('a connection that was %s', (_what, state, error, closed, drop, expected) => {
    const { outcome, action, dropReason } = verdictOf(state, error, closed, drop)
    expect([outcome, action, dropReason].filter(Boolean).join(' ')).toBe(expected)
  })

  it.each([
    ['us', 0, 'here'],
    ['us, by force', 103, 'here'],
    ['the peer', 104, 'peer'],
    ['the peer while we wrote', 32, 'peer'],
    ['nobody: answers stopped', 110, 'silence'],
    ['nobody: no way there any more', 113, 'silence'],
  ] as const)('a reset was by %s', (_who, error, by) => expect(endedBy(error)).toBe(by))

  it('takes a packet that found no socket for a refusal, not for a denial', () => {
    expect(verdictOfDrop('NO_SOCKET')).toEqual({ outcome: 'refused', action: 'allow', dropReason: 'NO_SOCKET' })
  })
})

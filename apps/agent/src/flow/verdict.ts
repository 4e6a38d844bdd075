// How a connection went, from the state in which its socket ended, the error that its process was given, and drops that
// were seen on the way. `action` is only policy: it is deny where netfilter dropped something, whatever the outcome.
import { denyingReasons } from '../kernel/drop-reasons.ts'
import { established } from './flow.ts'
import type { Verdict } from './flow.ts'

/** TCP states as the kernel numbers them. */
export const tcpState = {
  established: 1,
  synSent: 2,
  finWait1: 4,
  finWait2: 5,
  closeWait: 8,
  listen: 10,
} as const

const errorNumber = { pipe: 32, connectionAborted: 103, connectionReset: 104, connectionRefused: 111 } as const

const unanswered: Verdict = { outcome: 'unanswered', action: 'allow' }
const refused: Verdict = { outcome: 'refused', action: 'allow' }
const reset: Verdict = { outcome: 'reset', action: 'allow' }

/** What a drop says about the packet's flow. */
export function verdictOfDrop(reason: string): Verdict {
  if (reason === 'NO_SOCKET') return { outcome: 'refused', action: 'allow', dropReason: reason }
  return { outcome: 'dropped', action: denyingReasons.has(reason) ? 'deny' : 'allow', dropReason: reason }
}

/** A connection that never was: `drop` is the reason of a drop seen of its packets. A rule may drop and refuse at once. */
function verdictOfFailure(error: number, drop: string | undefined): Verdict {
  const isRefused = error === errorNumber.connectionRefused
  if (drop === undefined) return isRefused ? refused : unanswered
  const verdict = verdictOfDrop(drop)
  return isRefused ? { ...verdict, outcome: 'refused' } : verdict
}

/**
 * Who ended a connection that was reset, from the error that the socket was left with: whoever resets has none, the other
 * is told of it, and of a peer that says nothing any more the kernel makes a time-out or an unreachable host.
 */
export function endedBy(error: number): 'here' | 'peer' | 'silence' {
  if (error === 0 || error === errorNumber.connectionAborted) return 'here'
  return error === errorNumber.connectionReset || error === errorNumber.pipe ? 'peer' : 'silence'
}

/**
 * The verdict of a socket in `state`, or that ended from it. `closed` tells the two apart. A socket that goes from
 * established to closed at once, without a FIN of its own, was reset by one of the two ends.
 */
export function verdictOf(state: number, error: number, closed: boolean, drop: string | undefined): Verdict {
  if (state === tcpState.synSent) return verdictOfFailure(error, drop)
  if (!closed) return established
  const isReset =
    error === errorNumber.connectionReset ||
    error === errorNumber.pipe ||
    state === tcpState.established ||
    state === tcpState.closeWait
  return isReset ? reset : established
}

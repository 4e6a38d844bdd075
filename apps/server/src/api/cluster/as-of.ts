// Moments of a request: which objects it is about, which traffic, and what the answer says of both.
import type { TimeRange } from '@margay/query'
import { resolveMoment } from '@margay/query'
import type { AsOf, Unknown } from '@margay/wire'
import type { Unseen } from '../../kubernetes/index.ts'
import { ApiError } from '../../http/problem.ts'
import type { ClusterState, ClusterStates } from './state.ts'

export interface Range {
  /** Unix seconds, inclusive. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** Traffic that is told where nobody asks for another time. */
const usualTraffic = 3600

/** Throws `bad_request` for a moment that has not been yet. */
export function checkMoment(name: 'at' | 'from', at: number | undefined, now: number): void {
  if (at === undefined || at <= now) return
  throw new ApiError('bad_request', `${name} ${at} is after now, which is ${now}`, {
    hint: 'ask about a moment that has been',
  })
}

/** Seconds of a range that counts from now. */
export const resolveRange = ({ from, to }: TimeRange, now: number): Range => ({
  from: resolveMoment(from, now),
  to: resolveMoment(to, now),
})

/** Throws `bad_request` for a range that ends before it begins, and for one of no length unless it `mayBeEmpty`. */
export function checkOrder({ from, to }: Range, member?: 'range', mayBeEmpty = false): void {
  if (from < to || (mayBeEmpty && from === to)) return
  const where = member === undefined ? '' : `${member}: `
  const fault = mayBeEmpty ? 'is after' : 'is not before'
  throw new ApiError('bad_request', `${where}from ${from} ${fault} to ${to}`, {
    hint: `from is the earlier one${member === undefined ? '' : '; "ago" counts seconds back from now'}`,
  })
}

/** Throws `bad_request` for a member "range" that ends before it begins. */
export const checkRange = (range: TimeRange, now: number): void => checkOrder(resolveRange(range, now), 'range', true)

/** The traffic of a request: the hour before its moment unless it says otherwise. */
export function trafficRange(
  {
    at,
    from,
    to,
  }: { readonly at?: number | undefined; readonly from?: number | undefined; readonly to?: number | undefined },
  now: number,
): Range {
  const end = to ?? (from === undefined ? (at ?? now) : Math.max(at ?? now, from + 1))
  const range = { from: from ?? Math.max(0, end - usualTraffic), to: end }
  checkOrder(range)
  return range
}

/** How a server comes to know objects. */
export const inventoryHint =
  'start the server in the cluster, or with --inventory and the YAML files of its objects (kubectl get … -A -o yaml)'

export const noObjects = (at: number, isKnownNow = false): Unknown => ({
  what: 'objects of the cluster',
  why: `no object of the cluster is known of the moment ${new Date(at * 1000).toISOString()}`,
  hint: isKnownNow
    ? 'ask about a later moment: objects are known since this server, or one before it, first saw them'
    : inventoryHint,
})

/** A state and what the answer says of it. */
export interface AsOfState {
  readonly state: ClusterState
  readonly asOf: AsOf
  /** What verdicts of it rest on and nobody read. */
  readonly unseen: readonly Unseen[]
}

/** The cluster that a request asks about. */
export async function stateAsOf(states: ClusterStates, at: number | undefined, now: number): Promise<AsOfState> {
  checkMoment('at', at, now)
  const state = await states.of(at)
  const moment = at ?? now
  const unseen = states.unseen(state, at)
  const isEmpty = state.versions.length === 0
  const isKnownNow = isEmpty && at !== undefined && (await states.of()).versions.length > 0
  const unknown = [
    ...(isEmpty ? [noObjects(moment, isKnownNow)] : []),
    ...unseen.map(({ what, why, hint }) => ({ what, why, hint })),
  ]
  return { state, asOf: { at: moment, objects: state.versions.length, unknown }, unseen }
}

/** As `stateAsOf`, for questions that have no answer without objects. Throws `no_objects`. */
export async function knownStateAsOf(states: ClusterStates, at: number | undefined, now: number): Promise<AsOfState> {
  const found = await stateAsOf(states, at, now)
  const [missing] = found.asOf.unknown
  if (found.state.versions.length > 0 || !missing) return found
  throw new ApiError('no_objects', missing.why, { hint: missing.hint })
}

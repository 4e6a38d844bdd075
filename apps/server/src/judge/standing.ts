// How a series stands: what policy said when its connections began, what it says now, and the judgement that follows. What
// must stay true: a change of policy does not rewrite what decided a connection that is still running. A row holds many
// connections, so a change leaves the older finding with as many as were running then; it is told for rows of which they are
// the greater part, until as many have ended.
import type { Flow, Followed } from '@margay/policy'
import type { HandleSlot } from '../series/handles.ts'
import type { Observed } from './decide.ts'
import type { Finding } from './finding.ts'
import type { Judgement } from './judgements.ts'

/** A question to the engine that all series between two places, of one protocol and port, share. */
export interface Case {
  /** One; where a service was dialled, one for each end that may have been meant. */
  readonly flows: readonly Flow[]
  /** The service, as `shop/db`. */
  readonly service?: string
  readonly answer: Followed
}

/** What a row says of its connections. */
export interface RowConnections {
  /** Active at any time in its interval. */
  readonly flows: number
  readonly started: number
  readonly completed: number
}

export interface Held {
  readonly finding: Finding
  /** Connections that began under it and have not ended. */
  left: number
}

/**
 * Standings of a definition, by its pair of places; filled by the judge alone. Nearly always there is one pair, which needs no
 * map: neither its memory nor the look-up.
 */
export interface StandingPlaces {
  key: number | string | undefined
  standing: Standing | undefined
  others: Map<number | string, Standing> | undefined
}

export const createStandingPlaces = (): StandingPlaces => ({ key: undefined, standing: undefined, others: undefined })

/** The standing of a pair, unless the table has forgotten it since. */
export function findStanding(places: StandingPlaces, key: number | string): Standing | undefined {
  // Fast path: the pair that came first.
  const found = places.key === key ? places.standing : places.others?.get(key)
  return found?.isForgotten ? undefined : found
}

/**
 * A standing does not know where it hangs: a series outlives the definitions that its agent makes of it, each of which goes
 * with its epoch.
 */
export function hangStanding(places: StandingPlaces, key: number | string, standing: Standing): void {
  if (places.key === undefined || places.key === key) {
    places.key = key
    places.standing = standing
  } else {
    places.others ??= new Map()
    places.others.set(key, standing)
  }
}

export interface Standing {
  readonly key: string
  /** The table has it no more: whoever finds it still hanging opens it anew. */
  isForgotten: boolean
  readonly asked: Case
  readonly observed: Observed
  /** Node that reported it, and those of both ends. */
  readonly nodes: { readonly host: string; readonly source: string | undefined; readonly dest: string | undefined }
  /** Moment of its first row, Unix seconds. */
  readonly openedAt: number
  /** What connections that begin now are decided by; absent before the first row. */
  current: Finding | undefined
  judgement: Judgement | undefined
  /** State of all objects for which `judgement` was found to hold. */
  checked: number
  held: Held | undefined
  /** Connections that were alive when the last row ended. */
  running: number
  /** What its last row was told. */
  told: Judgement | undefined
  /** The store's handle of its last row; the interner's own. */
  readonly slot: HandleSlot
  /** Round in which it was last used. */
  round: number
}

/** A change was found: connections that run on keep the finding that they began under. The oldest wins. */
export function holdOn(standing: Standing): void {
  const { current, running, held } = standing
  if (!current || held || running <= 0) return
  standing.held = { finding: current, left: running }
}

/** Whether a row is told by the older finding: the connections that are left of it are the greater part of the row. */
export const isOfOlder = (left: number, { flows, started }: RowConnections): boolean =>
  flows > started && Math.min(left, flows - started) * 2 >= flows

/** Counts on from a row. Of connections that end, those from before the change are taken to end first. */
export function passRow(standing: Standing, { flows, started, completed }: RowConnections): void {
  standing.running = Math.max(0, flows - completed)
  const { held } = standing
  if (!held) return
  held.left -= Math.max(0, Math.min(completed, flows - started))
  if (held.left <= 0) standing.held = undefined
}

// Since when names may be out of date and may come right soon, so that rows that wait a little are named right. Pure but for
// the clock. What must stay true: rows never wait longer than an outage's first minute, however often what is missing comes and
// goes: interruptions within a minute of each other are one outage. And only what names and verdicts rest on counts: a cluster
// whose cron jobs cannot be watched knows its addresses as well as any.
import { policyKinds } from '@margay/policy'
import { inventoryKinds } from '../inventory/objects.ts'
import type { FollowState } from './follow.ts'

const needed: ReadonlySet<string> = new Set([...policyKinds, ...inventoryKinds])

/** Whether each of the kinds that names and verdicts need is known as far as it will be: refused ones are. */
export function knowsNames(kinds: readonly (readonly [kind: string, state: FollowState | undefined])[]): boolean {
  const asked = kinds.filter(([kind]) => needed.has(kind))
  return asked.length > 0 && asked.every(([, state]) => state !== undefined && state.state !== 'failing')
}

/** What was missed comes in one go once a watch is open again. */
const catchUpMs = 1_000
/** An interruption that comes so soon after another belongs to it. */
const steadyMs = 60_000

export interface Sureness {
  /** `since`, Unix milliseconds: when what is not sure any more was last known to be. */
  note(isSure: boolean, since?: number): void
  /** Unix milliseconds; undefined where names are those of now. Of an outage that comes and goes, its first beginning. */
  unsureSince(): number | undefined
}

interface Outage {
  readonly since: number
  /** Undefined while it lasts. */
  endedAt: number | undefined
  /** How often it ended, and came back. */
  ends: number
}

/** `clock` gives Unix milliseconds. */
export function createSureness(clock: () => number): Sureness {
  /** Nothing is known before the first look, and nothing was missed when that is whole. */
  let outage: Outage | undefined
  let wasEverSure = false

  const begin = (since: number) => {
    const isSame = outage?.endedAt !== undefined && clock() - outage.endedAt < steadyMs
    if (outage && isSame) outage.endedAt = undefined
    else outage = { since, endedAt: undefined, ends: 0 }
  }
  const end = () => {
    if (!outage) return
    outage.endedAt = clock()
    outage.ends++
  }
  return {
    note(isSure, since = clock()) {
      const isOut = outage !== undefined && outage.endedAt === undefined
      if (!isSure && !isOut) begin(since)
      if (isSure && isOut && wasEverSure) end()
      if (isSure && isOut && !wasEverSure) outage = undefined
      wasEverSure ||= isSure
    },
    unsureSince() {
      if (!outage) return undefined
      const { since, endedAt, ends } = outage
      if (endedAt === undefined) return since
      if (clock() >= endedAt + catchUpMs) return undefined
      // However long an outage was, what was missed is waited for once.
      return ends === 1 ? endedAt : since
    },
  }
}

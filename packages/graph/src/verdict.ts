// The verdict of an edge as people read it. It denies when either side denies; where only a part was denied it is mixed,
// with the share, by connections or, where none were counted, by packets.
import type { Amounts, Tally } from './amounts.ts'

export type EdgeVerdict = 'allowed' | 'denied_at_source' | 'denied_at_destination' | 'mixed'

export interface Judgement {
  readonly verdict: EdgeVerdict
  /** Part that was denied, 0 to 1. */
  readonly deniedShare: number
}

const some = (amounts: Amounts) => amounts.connections > 0 || amounts.packets > 0 || amounts.sent > 0

/** Judges a tally. Nothing at all counts as allowed: a verdict is never invented. */
export function judge(tally: Tally): Judgement {
  const atSource = some(tally.deniedAtSource)
  const atDestination = some(tally.deniedAtDestination)
  if (!atSource && !atDestination) return { verdict: 'allowed', deniedShare: 0 }
  const deniedShare = shareDenied(tally)
  if (deniedShare < 1) return { verdict: 'mixed', deniedShare }
  return { verdict: atSource ? 'denied_at_source' : 'denied_at_destination', deniedShare }
}

function shareDenied({ allowed, deniedAtSource, deniedAtDestination }: Tally): number {
  const byConnections = share(allowed.connections, deniedAtSource.connections + deniedAtDestination.connections)
  const byPackets = share(allowed.packets, deniedAtSource.packets + deniedAtDestination.packets)
  return byConnections ?? byPackets ?? share(allowed.sent, deniedAtSource.sent + deniedAtDestination.sent) ?? 1
}

const share = (allowed: number, denied: number) => (denied > 0 ? denied / (allowed + denied) : undefined)

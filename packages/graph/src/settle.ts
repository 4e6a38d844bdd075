// Denials that a destination, or a rule on the way, reports while the source's report counts: they are part of what the source
// believed to be allowed, and are moved out of it. Where several counted conversations match, they share a denial by what they
// sent, in whole numbers.
import { measureCount, slot, tallyWidth } from './amounts.ts'
import type { GroupReader } from './group-reader.ts'

/** Counted conversations among which an uncounted denial is shared out, and the denial as each observer saw it. */
export interface Pool {
  readonly members: number[]
  readonly atDestination: Map<string, number[]>
  readonly onTheWay: Map<string, number[]>
}

/** Adds a denial to what its observer saw. */
export function witness(denied: Map<string, number[]>, group: GroupReader): void {
  const observer = group.text('origin')
  const known = denied.get(observer)
  if (!known) denied.set(observer, group.amounts())
  else group.amounts().forEach((amount, offset) => (known[offset]! += amount))
}

/** Of several observers the one that saw most is believed. */
const most = (denied: Pool['onTheWay'], offset: number): number =>
  Math.max(0, ...[...denied.values()].map((amounts) => amounts[offset]!))

/** Moves a pool's denials out of what its members' sources believed to be allowed; never more than they believed. */
export function settle(pool: Pool, tallies: Float64Array): number {
  const { members, atDestination, onTheWay } = pool
  const at = (member: number, place: number, offset: number) => member * tallyWidth + place + offset
  const sum = (place: number, offset: number) =>
    members.reduce((all, member) => all + tallies[at(member, place, offset)]!, 0)
  const move = (amount: number, place: number, offset: number) => {
    const allowed = members.map((member) => tallies[at(member, slot.allowed, offset)]!)
    const moved = Math.min(amount, sum(slot.allowed, offset))
    if (moved <= 0) return
    shareOut(moved, allowed).forEach((part, index) => {
      tallies[at(members[index]!, place, offset)]! += part
      tallies[at(members[index]!, slot.allowed, offset)]! -= part
    })
  }
  for (let offset = 0; offset < measureCount; offset++) {
    const there = most(atDestination, offset)
    const told = there + sum(slot.deniedAtSource, offset)
    move(there, slot.deniedAtDestination, offset)
    move(most(onTheWay, offset) - told, slot.deniedAtSource, offset)
  }
  for (const member of members) denyEmpty(tallies.subarray(member * tallyWidth, (member + 1) * tallyWidth))
  return members.length
}

/**
 * Connections of which no packet is left to be allowed were denied too: an end that refuses may count a connection of the
 * same five-tuple once, and its interval begins and ends at other moments.
 */
function denyEmpty(tally: Float64Array): void {
  const isEmpty = tally.subarray(slot.allowed + 1, slot.allowed + measureCount).every((amount) => amount === 0)
  if (!isEmpty) return
  const place = [slot.deniedAtDestination, slot.deniedAtSource].find((denied) => tally[denied + 1]! > 0)
  if (place === undefined) return
  tally[place]! += tally[slot.allowed]!
  tally[slot.allowed] = 0
}

/** Shares a whole amount by weights in whole parts that add up to it; without weight the first takes all. */
export function shareOut(amount: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  if (all === 0) return weights.map((_, at) => (at === 0 ? amount : 0))
  let weightSoFar = 0
  let givenSoFar = 0
  return weights.map((weight) => {
    weightSoFar += weight
    const upTo = weightSoFar === all ? amount : Math.floor((amount * weightSoFar) / all)
    const part = upTo - givenSoFar
    givenSoFar = upTo
    return part
  })
}

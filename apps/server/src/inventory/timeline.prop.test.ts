// The timeline against the plainest reading of what it promises: a list of claims, looked through from end to end.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTimeline } from './timeline.ts'

const numRuns = Number(process.env['MARGAY_PROPERTY_RUNS'] ?? 100)
const key = 'k'

interface Told {
  readonly owner: string
  /** Undefined where it gives the key up. */
  readonly value: number | undefined
  /** Seconds since the last one; `late`, how long before that it is said to hold since. */
  readonly after: number
  readonly late: number
}

const told = fc.record({
  owner: fc.constantFrom('a', 'b', 'c'),
  value: fc.option(fc.nat(3), { nil: undefined }),
  after: fc.nat(4),
  late: fc.nat(6),
})

interface Claim {
  readonly owner: string
  readonly from: number
  to: number
  readonly versions: { readonly from: number; readonly value: number }[]
}

/** Claims in the order in which they were made. */
function modelOf(all: readonly Told[], tell: (one: Told, from: number) => void): readonly Claim[] {
  const claims: Claim[] = []
  let now = 100
  for (const one of all) {
    now += one.after
    const open = claims.findLast(({ owner, to }) => owner === one.owner && to === Infinity)
    // A claim may have begun earlier than it is told; what happens to it later happens now.
    const from = open ? now : now - one.late
    tell(one, from)
    if (one.value === undefined) {
      if (open) open.to = Math.max(open.from, from)
    } else if (open) open.versions.push({ from, value: one.value })
    else claims.push({ owner: one.owner, from, to: Infinity, versions: [{ from, value: one.value }] })
  }
  return claims
}

function valueAt(claims: readonly Claim[], moment: number): number | undefined {
  let best: Claim | undefined
  for (const claim of claims) {
    const holds = claim.from <= moment && moment < claim.to
    if (holds && (!best || claim.from >= best.from)) best = claim
  }
  return best?.versions.findLast(({ from }) => from <= moment)?.value
}

it('of all who claim a key the one whose claim began last has it, with what it said last by then', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 30 }), (all) => {
      const timeline = createTimeline<number>()
      const claims = modelOf(all, ({ owner, value }, from) =>
        value === undefined ? timeline.end(key, owner, from) : timeline.set(key, owner, value, from),
      )
      for (let moment = 90; moment < 240; moment++) {
        expect(timeline.at(key, moment)).toBe(valueAt(claims, moment))
        expect(timeline.during(key, moment, moment)).toBe(valueAt(claims, moment))
      }
    }),
    { numRuns },
  )
})

it('what is claimed all the while is never forgotten for what comes and goes beside it, nor for how many claim it', () => {
  const timeline = createTimeline<string>()
  const owners = Array.from({ length: 100 }, (_, index) => `slice-${index}`)
  for (const owner of owners) timeline.set(key, owner, owner, 100)
  for (let at = 200; at < 500; at += 2) {
    timeline.set(key, 'flips', 'flips', at)
    timeline.end(key, 'flips', at + 1)
  }
  expect(timeline.allAt(key, 150)).toEqual(owners)
  expect(timeline.allAt(key, 600)).toEqual(owners)
  // Of what has ended the newest is known: one that held for long is not the oldest because it began first.
  timeline.end(key, 'slice-0', 600)
  expect([timeline.allAt(key, 599).length, timeline.allAt(key, 600).length]).toEqual([100, 99])
  expect([498, 400, 200].map((moment) => timeline.at(key, moment))).toEqual(['flips', 'flips', 'slice-99'])
})

// What is different between two pictures of the same view: edge by edge, in words that never need a colour.
import { ratePerSecond } from './amounts.ts'
import type { EdgeMeasure } from './amounts.ts'
import type { Edge, Picture } from './build.ts'

export type Change = 'new' | 'gone' | 'newly denied' | 'newly allowed' | 'heavier' | 'lighter' | 'unchanged'

export interface EdgeChange {
  readonly id: string
  readonly change: Change
  readonly before: Edge | undefined
  readonly after: Edge | undefined
}

/** Rates within a factor of two are the same traffic on another day. */
const noticeable = 2

/** Compares by rate, so that ranges of unequal lengths can be compared. Edges in the order of their ids. */
export function diffPictures(
  before: Picture,
  after: Picture,
  options: { readonly measure: EdgeMeasure; readonly secondsBefore: number; readonly secondsAfter: number },
): readonly EdgeChange[] {
  const old = new Map(before.edges.map((edge) => [edge.id, edge]))
  const present = new Map(after.edges.map((edge) => [edge.id, edge]))
  const { measure, secondsBefore, secondsAfter } = options
  const rates = (a: Edge, b: Edge): readonly [number, number] => [
    ratePerSecond(a.tally, measure, secondsBefore),
    ratePerSecond(b.tally, measure, secondsAfter),
  ]
  return [...new Set([...old.keys(), ...present.keys()])].sort().map((id) => {
    const [from, to] = [old.get(id), present.get(id)]
    return { id, before: from, after: to, change: compare(from, to, rates) }
  })
}

function compare(
  before: Edge | undefined,
  after: Edge | undefined,
  rates: (a: Edge, b: Edge) => readonly [number, number],
): Change {
  if (!before) return 'new'
  if (!after) return 'gone'
  const verdict = compareShares(before.deniedShare, after.deniedShare)
  if (verdict) return verdict
  const [old, present] = rates(before, after)
  if (present > old * noticeable) return 'heavier'
  if (old > present * noticeable) return 'lighter'
  return 'unchanged'
}

/** Only what begins or ends counts as a new verdict; a share that moves is the same story. */
function compareShares(before: number, after: number): Change | undefined {
  if (before === 0 && after > 0) return 'newly denied'
  if (before > 0 && after === 0) return 'newly allowed'
  return undefined
}

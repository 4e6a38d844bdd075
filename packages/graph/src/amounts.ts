// How much went over an edge: connections, packets and bytes each way, split by what became of them. Tallies add up: the
// tally of a box is the sum of its members' at every level, so no total depends on what is open.

/** The measures that every amount has, as offsets into a flat array. */
export const measures = ['connections', 'packets', 'sent', 'received'] as const
export const measureCount = measures.length

/** Connections and packets are counts, sent and received are IP-level bytes as seen from the source of the flow. */
export interface Amounts {
  readonly connections: number
  readonly packets: number
  readonly sent: number
  readonly received: number
}

/**
 * `total` is by the rule of what counts. The denials are as the denying side reported them; a destination may report more
 * than the source sent within the range, and then `allowed` is 0 rather than negative.
 */
export interface Tally {
  readonly total: Amounts
  readonly allowed: Amounts
  readonly deniedAtSource: Amounts
  readonly deniedAtDestination: Amounts
}

/** What a flat tally holds, one block of measures each. `total` and `allowed` are settled by merge.ts. */
export const slots = ['total', 'allowed', 'deniedAtSource', 'deniedAtDestination'] as const
export const tallyWidth = slots.length * measureCount

/** Reads the tally that starts at `at` of a flat array. */
export function readTally(flat: ArrayLike<number>, at = 0): Tally {
  return {
    total: readAmounts(flat, at),
    allowed: readAmounts(flat, at + measureCount),
    deniedAtSource: readAmounts(flat, at + 2 * measureCount),
    deniedAtDestination: readAmounts(flat, at + 3 * measureCount),
  }
}

function readAmounts(flat: ArrayLike<number>, at: number): Amounts {
  return { connections: flat[at]!, packets: flat[at + 1]!, sent: flat[at + 2]!, received: flat[at + 3]! }
}

/** Adds the tally at `from` of one array to the tally at `to` of another. */
export function addTally(target: Float64Array, to: number, source: Float64Array, from: number): void {
  for (let offset = 0; offset < tallyWidth; offset++) target[to + offset]! += source[from + offset]!
}

export const noTally: Tally = readTally(new Float64Array(tallyWidth))

/** Sums of whole numbers are exact up to here; beyond it a figure is shown as an estimate. */
export const isExact = ({ total }: Tally): boolean => Math.max(total.sent, total.received) <= Number.MAX_SAFE_INTEGER

/** What the width of an edge means. Rates are per second of the range. */
export type EdgeMeasure = 'bytes' | 'packets' | 'connections'
export const edgeMeasures: readonly EdgeMeasure[] = ['bytes', 'packets', 'connections']

/** The chosen measure of an edge per second, over what was asked and not only over what was allowed. */
export function ratePerSecond({ total }: Tally, measure: EdgeMeasure, seconds: number): number {
  const amount = measure === 'bytes' ? total.sent + total.received : total[measure]
  return seconds > 0 ? amount / seconds : 0
}

const slotOf = (name: (typeof slots)[number]) => slots.indexOf(name) * measureCount

/** Where a flat tally has each block. */
export const slot = {
  total: slotOf('total'),
  allowed: slotOf('allowed'),
  deniedAtSource: slotOf('deniedAtSource'),
  deniedAtDestination: slotOf('deniedAtDestination'),
}

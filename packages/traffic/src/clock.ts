// The intervals in which the story's agents report: a minute each in the day before the opening, ten seconds from the last
// hour on. Each conversation has its own phase, so that live rows come in second by second and not in one burst.

export interface Interval {
  readonly start: number
  readonly end: number
}

const coarse = 60
const fine = 10
const fineBefore = 3600

/** The first moment with fine intervals, a whole minute. */
export function fineFrom(opened: number): number {
  return Math.floor((opened - fineBefore) / coarse) * coarse
}

function* grid(step: number, phase: number, after: number, upTo: number): Generator<Interval> {
  for (let end = Math.floor((after - phase) / step) * step + phase + step; end <= upTo; end += step) {
    yield { start: end - step, end }
  }
}

/** The intervals that end after `after` and no later than `upTo`; `phase` is from 0 to 59. */
export function* intervals(opened: number, phase: number, after: number, upTo: number): Generator<Interval> {
  const turn = fineFrom(opened) + phase
  yield* grid(coarse, phase, after, Math.min(upTo, turn))
  yield* grid(fine, phase % fine, Math.max(after, turn), upTo)
}

const day = 86_400

/** How busy the shop is, from 0.3 at five in the morning to 1 at five in the afternoon, UTC. */
export function rhythm(time: number): number {
  return 0.65 + 0.35 * Math.sin(((time - 11 * 3600) / day) * 2 * Math.PI)
}

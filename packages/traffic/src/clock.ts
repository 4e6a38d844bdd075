// The intervals in which the story's agents report: ten seconds from the last twenty minutes on, a minute in the hours
// before, five minutes in the rest of the day, so that a day is some two hundred thousand rows. Each conversation has its
// own phase, so that rows come in second by second and not in one burst, and a histogram of old minutes is as even as one
// of new ones.

export interface Interval {
  readonly start: number
  readonly end: number
}

/** From the oldest on: steps of so many seconds, up to so long before the opening. Each step divides the one before. */
const eras = [
  { step: 300, until: 3 * 3600 },
  { step: 60, until: 1200 },
  { step: 10, until: Number.NEGATIVE_INFINITY },
] as const

/** Phases are below this. */
export const phases = eras[0].step

function* grid(step: number, phase: number, after: number, upTo: number): Generator<Interval> {
  for (let end = Math.floor((after - phase) / step) * step + phase + step; end <= upTo; end += step) {
    yield { start: end - step, end }
  }
}

/** The intervals that end after `after` and no later than `upTo`; `phase` is from 0 to 299. */
export function* intervals(opened: number, phase: number, after: number, upTo: number): Generator<Interval> {
  let from = Number.NEGATIVE_INFINITY
  for (const { step, until } of eras) {
    // A turn lies on both grids: whole minutes are of every step, and the phase is added to them.
    const turn = Number.isFinite(until)
      ? Math.floor((opened - until) / phases) * phases + phase
      : Number.POSITIVE_INFINITY
    if (turn > after) yield* grid(step, phase % step, Math.max(after, from), Math.min(upTo, turn))
    if (turn >= upTo) return
    from = turn
  }
}

const day = 86_400

/** How busy the shop is, from 0.3 at five in the morning to 1 at five in the afternoon, UTC. */
export function rhythm(time: number): number {
  return 0.65 + 0.35 * Math.sin(((time - 11 * 3600) / day) * 2 * Math.PI)
}

// The intervals in which the story's agents report: a minute each, all day long, since a histogram that counts records
// would show a change of their length as a change of traffic. Each conversation has its own phase, so that rows come in
// second by second and not in one burst.

export interface Interval {
  readonly start: number
  readonly end: number
}

/** Seconds of an interval; phases are below it. */
export const step = 60

/** The intervals that end after `after` and no later than `upTo`. */
export function* intervals(phase: number, after: number, upTo: number): Generator<Interval> {
  for (let end = Math.floor((after - phase) / step) * step + phase + step; end <= upTo; end += step) {
    yield { start: end - step, end }
  }
}

const day = 86_400

/** How busy the shop is, from 0.3 at five in the morning to 1 at five in the afternoon, UTC. */
export function rhythm(time: number): number {
  return 0.65 + 0.35 * Math.sin(((time - 11 * 3600) / day) * 2 * Math.PI)
}

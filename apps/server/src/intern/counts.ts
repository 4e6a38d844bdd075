// Which of a conversation's two reports counts. The rule is pure and small so that everyone can hold it against the design:
// the source's report counts, the destination's only where nothing reports for the source. A source agent that was taken
// for gone and comes back with a spool has had its place taken: where the destination's report counted, its own does not.

/** What is known of who reports at a row's moment. Addresses are entries of the frame's columns; absent ones are not covered. */
export interface Coverage {
  /** The report's own agent was taken for gone. */
  readonly wasGone: boolean
  /** Some agent reports what this source does. */
  sourceCovered(entry: number): boolean
  /** An agent other than the report's own reports what this destination does. */
  destCoveredByOther(entry: number): boolean
}

/**
 * Whether a report of a source and a destination (entries of their columns) is part of totals. A `local` one has both ends in
 * one network namespace: the source's side is reported by the same agent.
 */
export function countsInTotals(
  reporter: string,
  local: boolean,
  coverage: Coverage,
  source: number,
  dest: number,
): boolean {
  if (reporter === 'src') return !(coverage.wasGone && coverage.destCoveredByOther(dest))
  return reporter === 'dst' && !local && !coverage.sourceCovered(source)
}

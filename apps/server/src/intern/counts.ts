// Which of a conversation's two reports counts. The rule is pure and small so that everyone can hold it against the design:
// the source's report counts, the destination's only where nothing reports for the source. A source agent that was taken
// for gone and comes back with a spool has had its place taken: where the destination's report counted, its own does not.

export interface Report {
  readonly reporter: 'src' | 'dst' | 'fwd'
  /** Both ends are in one network namespace: the source's side is reported by the same agent. */
  readonly local: boolean
  /** Some agent reported what the source did in that interval. */
  readonly sourceCovered: () => boolean
  /** This report's own agent was taken for gone in that interval, and another agent reported the destination. */
  readonly replaced: () => boolean
}

export function countsInTotals({ reporter, local, sourceCovered, replaced }: Report): boolean {
  if (reporter === 'src') return !replaced()
  return reporter === 'dst' && !local && !sourceCovered()
}

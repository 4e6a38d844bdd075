// Which of a conversation's two reports counts. The rule is pure and small so that everyone can hold it against the design:
// the source's report counts, the destination's only where nothing reports for the source. A source agent that was taken
// for gone and comes back with a spool has had its place taken: where the destination's report counted, its own does not.

export interface Report {
  readonly reporter: string
  /** Both ends are in one network namespace: the source's side is reported by the same agent. */
  readonly local: boolean
  readonly sourceIp: string | undefined
  readonly destIp: string | undefined
  /** End of the interval, Unix seconds. */
  readonly moment: number
}

/** What is known of who reports, as the report's own agent has it. */
export interface Coverage {
  /** Some agent reports what this address does. */
  covered(ip: string, moment: number): boolean
  /** An agent other than the report's own does. */
  coveredByOther(ip: string, moment: number): boolean
  /** The report's own agent was taken for gone. */
  wasGone(moment: number): boolean
}

export function countsInTotals({ reporter, local, sourceIp, destIp, moment }: Report, coverage: Coverage): boolean {
  if (reporter === 'src') {
    const isReplaced = coverage.wasGone(moment) && destIp !== undefined && coverage.coveredByOther(destIp, moment)
    return !isReplaced
  }
  return reporter === 'dst' && !local && !(sourceIp !== undefined && coverage.covered(sourceIp, moment))
}

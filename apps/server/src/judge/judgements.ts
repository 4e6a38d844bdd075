// Judgements: what was decided of a report, as fields of its row. Equal ones are one object with one number, so that rows of
// one series and judgement share a handle, and what they count is added to one place. Counts are kept by the minute of the
// row, because a spool brings rows of an hour ago.
import type { Row } from '@margay/model'
import type { Unbacked } from '../inventory/services.ts'
import type { Decision } from './decide.ts'
import type { Credit, Finding } from './finding.ts'
import { noEndpoints } from '../evidence/index.ts'

export interface Judgement {
  /** Unique in this process. */
  readonly id: number
  /** Whether the report is one of the destination after all; see `otherReporter`. */
  readonly reporter: string | undefined
  /** Added to the dimensions of the series. */
  readonly fields: Row
  /** Rules of the enforced trace, and staged ones of the pending trace. */
  readonly credits: readonly Credit[]
  readonly isConflict: boolean
  readonly isUnknown: boolean
  /** The minute (Unix seconds) that `totals` is of. */
  minute: number
  totals: Totals
}

export interface Totals {
  connections: number
  packetsIn: number
  packetsOut: number
  bytesIn: number
  bytesOut: number
  rows: number
  /** Unix seconds: end of the newest row. */
  last: number
}

/** What one row adds. */
export interface RowCounts {
  readonly started: number
  readonly packetsIn: number
  readonly packetsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Unix seconds. */
  readonly start: number
  readonly end: number
}

export interface JudgementInput {
  readonly decision: Decision
  readonly finding: Finding
  readonly pending: Finding
  /** Fields that the decision changes of the report itself. */
  readonly reporter: string | undefined
}

export type Counted = ReadonlyMap<number, ReadonlyMap<Judgement, Totals>>

export interface Judgements {
  of(input: JudgementInput): Judgement
  count(judgement: Judgement, row: RowCounts): void
  /** What was counted since the last call, by minute. */
  take(): Counted
}

const noTotals = (): Totals => ({
  connections: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  rows: 0,
  last: 0,
})

const noMinute = -1
/** Flows are asked for by their start, so that is whose minute they are of. */
export const minuteOf = (start: number) => start - (start % 60)

/** Enough for every judgement of a large cluster; beyond it all are made anew, and series get other handles. */
const maxKept = 200_000

/** A staged policy says what it would do in the pending trace alone. */
const stagedCredits = ({ credits }: Finding) => credits.filter(({ staged }) => staged)

/** kube-proxy rejects what nobody could take, and drops what is another node's to take. */
const unbackedFields: Readonly<Record<Unbacked, Row>> = {
  everywhere: { outcome: 'refused', drop_reason: noEndpoints.everywhere },
  here: { drop_reason: noEndpoints.here },
}

function fieldsOf({ decision, finding, pending, reporter }: JudgementInput): Row {
  return {
    action: decision.action,
    evidence: decision.evidence,
    evidence_source: decision.by,
    ...(decision.unbacked && unbackedFields[decision.unbacked]),
    'policies.enforced_policies': decision.trace,
    'policies.pending_policies': pending.trace,
    ...(finding.missing.length > 0 && { evidence_missing: finding.missing }),
    ...(decision.conflict !== undefined && { evidence_conflict: decision.conflict }),
    ...(finding.peer !== undefined && { peer_verdict: finding.peer }),
    ...(reporter !== undefined && { reporter, direction: finding.direction }),
  }
}

/** What a decision adds to its finding: nearly always nothing but a few words. */
function keyOf({ decision, finding, pending, reporter = '' }: JudgementInput): string {
  const { action, evidence, by = '', trace, conflict = '', unbacked = '' } = decision
  const own = trace === finding.trace ? '=' : trace.join()
  return `${finding.id} ${pending.id} ${action} ${evidence} ${by} ${reporter} ${own} ${unbacked} ${conflict}`
}

export function createJudgements(): Judgements {
  let kept = new Map<string, Judgement>()
  let minutes = new Map<number, Map<Judgement, Totals>>()
  let lastId = 0

  function totalsOf(judgement: Judgement, minute: number): Totals {
    const ofMinute = minutes.get(minute) ?? new Map<Judgement, Totals>()
    minutes.set(minute, ofMinute)
    const totals = ofMinute.get(judgement) ?? noTotals()
    ofMinute.set(judgement, totals)
    return totals
  }
  return {
    of(input) {
      const key = keyOf(input)
      const known = kept.get(key)
      if (known) return known
      if (kept.size >= maxKept) kept = new Map()
      const { decision, pending } = input
      const made: Judgement = {
        id: ++lastId,
        reporter: input.reporter,
        fields: fieldsOf(input),
        credits: [...decision.credits, ...stagedCredits(pending)],
        isConflict: decision.conflict !== undefined,
        isUnknown: decision.evidence === 'unknown',
        minute: noMinute,
        totals: noTotals(),
      }
      kept.set(key, made)
      return made
    },
    count(judgement, row) {
      const minute = minuteOf(row.start)
      // Fast path: the same minute as the judgement's last row.
      if (judgement.minute !== minute) {
        judgement.totals = totalsOf(judgement, minute)
        judgement.minute = minute
      }
      const { totals } = judgement
      totals.connections += row.started
      totals.packetsIn += row.packetsIn
      totals.packetsOut += row.packetsOut
      totals.bytesIn += row.bytesIn
      totals.bytesOut += row.bytesOut
      totals.rows += 1
      if (row.end > totals.last) totals.last = row.end
    },
    take() {
      const taken = minutes
      minutes = new Map()
      for (const ofMinute of taken.values()) for (const judgement of ofMinute.keys()) judgement.minute = noMinute
      return taken
    },
  }
}

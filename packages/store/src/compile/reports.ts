// Which rows are part of totals, as SQL. In the whole log the row says so. A search that may hold one report of a
// conversation and leave the other out is asked first which reports it holds (docs/decisions/0036): what counts in the log
// counts, and a report that does not counts where no better one of its conversation is there. The source's goes before the
// destination's, and both before a forwarder's denial. Times are not compared, since intervals of two agents need not agree.
import type { Conversation, LogType } from '@margay/model'
import type { BoundFilter } from '@margay/query'
import { maySplitReports } from '@margay/query'
import { textLiteral } from './literal.ts'
import { columnSql } from './operand.ts'

/** How rows that are part of totals are told. */
export interface Counted {
  readonly condition: string
  /** The condition is what the rows themselves say, in the field `counts`. */
  readonly asLogged: boolean
}

const says = "counts = 'true'"

/**
 * The reporters in whose place a row speaks. What the source sent away is all that can have come to the destination, so a
 * denial at the source is in nobody's place but a forwarder's. A destination speaks for the source only where it counts:
 * the source's agent was away then.
 */
const speaksFor = [
  "multiIf(reporter = 'src' AND action != 'deny', ['dst', 'fwd']",
  `reporter = 'dst' AND ${says}, ['src', 'fwd']`,
  "reporter != 'fwd', ['fwd'], [])",
].join(', ')

/** A report's name: who reports, and the conversation; of pods as much as `pod` tells. */
const nameOf = ({ workloads, pods }: Conversation, reporter: string, pod: (field: string) => string) =>
  [reporter, ...workloads.map(columnSql), ...pods.map(pod)].join(', ')

/**
 * Rows that are part of totals of a search; `held` is `FROM … WHERE …` of all that it holds. Undefined where every row is,
 * since rows of this log type have one reporter.
 */
export function countedOf(type: LogType, search: BoundFilter, held: string): Counted | undefined {
  const { conversation } = type
  if (!conversation) return undefined
  if (!maySplitReports(type, search)) return { condition: says, asLogged: true }
  const { field, prefix } = conversation.disowned
  const isReport = `NOT startsWith(${columnSql(field)}, ${textLiteral(prefix)})`
  const spokenFor = `SELECT ${nameOf(conversation, `arrayJoin(${speaksFor})`, columnSql)} ${held} AND ${isReport}`
  // A report that names pods may be spoken for by one that was aggregated to workloads.
  const isAlone = [columnSql, () => "'-'"].map(
    (pod) => `(${nameOf(conversation, 'toString(reporter)', pod)}) NOT IN (${spokenFor})`,
  )
  const mayCount = "(reporter != 'fwd' OR action = 'deny')"
  return { condition: `(${[says, [mayCount, isReport, ...isAlone].join(' AND ')].join(' OR ')})`, asLogged: false }
}

// Which records of the flow log leave something to explain: those of connections that failed, and those that keep some whole
// because they went wrong or were slow.

/** Outcomes of the flow log that are failures. */
export const failedOutcomes = ['refused', 'unanswered', 'dropped', 'reset'] as const

/** A record of the flow log, as a row or as JSON. */
type FlowRecord = Readonly<{ [field: string]: unknown }>

const failures: ReadonlySet<unknown> = new Set(failedOutcomes)

/** Whether a record's connections failed, or were denied. */
export const isFailed = ({ action, outcome }: FlowRecord): boolean => action === 'deny' || failures.has(outcome)

/** Whether a record has connections about which both ends may be asked. */
export const isWorthExplaining = (record: FlowRecord): boolean =>
  isFailed(record) || (Array.isArray(record.exemplars) && record.exemplars.length > 0)

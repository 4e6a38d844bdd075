// A record that came finished and with its policies: the trace is taken over as it is, and the record says that it is one.
import type { Row } from '@margay/model'

const traces = ['policies.enforced_policies', 'policies.pending_policies', 'policies.all_policies'] as const

const hasTrace = (row: Row) => traces.some((name) => (row[name] as readonly string[] | undefined)?.length)

/** The row with its evidence said, where its sender sent a trace and did not say by what. */
export function takeOverTrace(row: Row): Row {
  if (row.evidence_source !== undefined || row.evidence !== undefined || !hasTrace(row)) return row
  return { ...row, evidence: 'observed', evidence_source: 'record' }
}

// What the doctor found: plain data, so that the command line, the console and a test read the same.

export type Verdict = 'ok' | 'limited' | 'missing'

/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  readonly title: string
  readonly verdict: Verdict
  /** What was found, one sentence. */
  readonly found: string
  /** What to do, where something can be done. */
  readonly hint?: string
}

/** Whether fields of the logs will be filled, and from what. */
export interface FieldFinding {
  readonly fields: readonly string[]
  readonly verdict: Verdict
  /** Where they come from, or what is missing and what is seen instead. */
  readonly why: string
}

export interface DoctorReport {
  readonly kernel: string
  readonly machine: string
  /** The worst of all verdicts: missing means that the agent cannot run here. */
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  readonly programs: readonly Finding[]
  /** What each source of knowledge will see. */
  readonly collectors: readonly Finding[]
  /** By what verdicts will be known: says nothing of whether the agent runs. */
  readonly evidence: readonly Finding[]
  readonly fields: readonly FieldFinding[]
  /** Whether rows arrive: says nothing of what is seen. */
  readonly delivery: readonly Finding[]
}

const rank: Readonly<Record<Verdict, number>> = { ok: 0, limited: 1, missing: 2 }

export const worst = (verdicts: Iterable<Verdict>): Verdict =>
  [...verdicts].reduce((a, b) => (rank[b] > rank[a] ? b : a), 'ok')

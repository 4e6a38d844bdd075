// What every conformance suite gives back: one result per case, named by its source.
export interface CaseResult {
  readonly title: string
  /** Upstream file or note from which the case was taken. */
  readonly source: string
  /** Empty when it passed: otherwise what was wanted and what came. */
  readonly failures: readonly string[]
}

/** The value in one line. */
export const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing'

/** A failure text when the two differ as JSON. */
export function differ(what: string, want: unknown, got: unknown): readonly string[] {
  return shown(want) === shown(got) ? [] : [`${what}: want ${shown(want)}, got ${shown(got)}`]
}

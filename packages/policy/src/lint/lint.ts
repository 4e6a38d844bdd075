// Finds what is legal and most likely not meant: policies that select nothing, rules that nothing reaches, names that
// nobody has, rules whose emptiness means everything or nothing, ties that the alphabet decides. The checks stand in the
// files beside this one; the list here is what runs.
import type { Issue } from '../objects/place.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { type Check, createContext, type Finding } from './finding.ts'
import { orderChecks } from './order.ts'
import { ruleChecks } from './rules.ts'
import { selectionChecks } from './selection.ts'

export type { Finding, LintCheck } from './finding.ts'

const checks: readonly Check[] = [...selectionChecks, ...ruleChecks, ...orderChecks]

const fromIssue = (issue: Issue): Finding => ({
  check: 'invalid',
  severity: issue.severity,
  policy: issue.object,
  path: issue.path,
  message: issue.message,
})

/** Everything found, parse issues first. */
export function lint(snapshot: Snapshot, issues: readonly Issue[] = []): readonly Finding[] {
  const context = createContext(snapshot)
  return [...issues.map(fromIssue), ...checks.flatMap((check) => check(context))]
}

/** One line per finding, and a count. */
export function printFindings(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ severity, policy, path, message, check }) =>
      `${severity}: ${policy}${path && ` ${path}`}: ${message} [${check}]`,
  )
  const count = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length
  return [...lines, `${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes`].join('\n')
}

/** Exit code for a check: 1 with an error, else 0. */
export const lintExitCode = (findings: readonly Finding[]) =>
  findings.some((each) => each.severity === 'error') ? 1 : 0

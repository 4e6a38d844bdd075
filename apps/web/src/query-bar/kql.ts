// What the console asks of the query language: whether a query can be asked at all, and what is wrong where it cannot.
import { logType } from '@margay/model'
import { bind, lint, maySplitReports, parseKql, type Problem } from '@margay/query'
import type { Pill } from '../view/pill.ts'

/** Why a query cannot be asked, in the language's own words. */
export type QueryProblem = Problem

/** What is wrong with a text, all of it, in order of place. */
export function kqlProblems(logTypeName: string, text: string, zone: string, now: number): readonly Problem[] {
  const type = logType(logTypeName)
  if (!type) throw new Error(`BUG: unknown log type ${logTypeName}`)
  const parsed = parseKql(text)
  if (!parsed.ok) return parsed.errors
  const bound = bind(parsed.filter, type, { now, zone, positions: parsed.positions })
  return bound.ok ? [] : bound.errors
}

/** What a text may not mean though it can be asked. */
export function kqlRemarks(logTypeName: string, text: string): readonly Problem[] {
  const type = logType(logTypeName)
  const parsed = parseKql(text)
  return type && parsed.ok ? lint(parsed.filter, type, parsed.positions) : []
}

/**
 * The first fault of the query or of a pill that is on, or undefined if all can be asked. Each is read alone: a query
 * whose bracket a pill would close is still wrong.
 */
export function queryProblem(
  logTypeName: string,
  query: string,
  pills: readonly Pill[],
  zone: string,
  now: number,
): Problem | undefined {
  const [first] = kqlProblems(logTypeName, query, zone, now)
  if (first) return { ...first, hint: first.hint ?? exampleOf(logTypeName) }
  for (const { kql } of pills.filter(({ off }) => !off)) {
    const [fault] = kqlProblems(logTypeName, kql, zone, now)
    if (fault)
      return { message: `the filter ${kql} cannot be asked: ${fault.message}`, ...(fault.hint && { hint: fault.hint }) }
  }
  return undefined
}

/** Whether a query that can be asked may hold one report of a conversation and leave the other out. */
export function querySplitsReports(logTypeName: string, query: string, zone: string, now: number): boolean {
  const type = logType(logTypeName)
  const parsed = parseKql(query)
  if (!type || !parsed.ok) return false
  const bound = bind(parsed.filter, type, { now, zone })
  return bound.ok && maySplitReports(type, bound.filter)
}

/** What a query of the log looks like, in words of its own: `write, for example, action: allow, or action: (allow or deny)`. */
function exampleOf(logTypeName: string): string {
  const type = logType(logTypeName)!
  const field = type.columns.find((name) => (type.fields[name]?.values?.length ?? 0) > 1) ?? type.columns[0]!
  const [one = '*', other] = type.fields[field]?.values ?? []
  const clause = `${field}: ${one}`
  return `write, for example, ${clause}${other === undefined ? '' : `, or ${field}: (${one} or ${other})`}`
}

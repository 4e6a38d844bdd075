// From what a request names to what a question holds: log types and fields that exist, filters that can be read.
import type { LogType } from '@margay/model'
import { logType, logTypes } from '@margay/model'
import type { BoundFilter, Filter, Problem as QueryProblem } from '@margay/query'
import { bind, lint, parseKql } from '@margay/query'
import { ApiError } from '../http/problem.ts'

export function logTypeOf(name: string): LogType {
  const found = logType(name)
  if (found) return found
  const names = logTypes.map((type) => type.name).join(', ')
  throw new ApiError('unknown_log_type', `unknown log type "${name}"; one of ${names}`)
}

/** Throws `unknown_field` for the first name that the log type does not have. */
export function checkFields(type: LogType, names: Iterable<string>): void {
  for (const name of names) {
    if (!Object.hasOwn(type.fields, name)) {
      throw new ApiError('unknown_field', `unknown field "${name}" on log type "${type.name}"`)
    }
  }
}

export interface FilterRequest {
  readonly query: string
  readonly zone: string
}

export interface ReadFilter {
  readonly filter: Filter
  readonly bound: BoundFilter
  /** Nothing wrong, but perhaps not what was meant. */
  readonly notes: readonly QueryProblem[]
}

const placeOf = ({ from, to }: QueryProblem) => (from === undefined || to === undefined ? undefined : { from, to })

function refuse(code: 'query_syntax' | 'query_meaning', problem: QueryProblem): never {
  throw new ApiError(code, problem.message, { hint: problem.hint, at: placeOf(problem) })
}

/** Throws `bad_request` where the runtime's tables do not know the zone. */
export function checkZone(zone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone })
  } catch (error) {
    throw new ApiError('bad_request', `unknown time zone "${zone}"; write it as Europe/Berlin or UTC`, { cause: error })
  }
}

/** Reads a filter and gives it its meaning. Throws `query_syntax` or `query_meaning` with the place. */
export function readFilter(type: LogType, { query, zone }: FilterRequest, now: number): ReadFilter {
  checkZone(zone)
  const parsed = parseKql(query)
  if (!parsed.ok) return refuse('query_syntax', parsed.errors[0])
  const bound = bind(parsed.filter, type, { now, zone, positions: parsed.positions })
  if (!bound.ok) return refuse('query_meaning', bound.errors[0])
  const notes = lint(parsed.filter, type, parsed.positions)
  return { filter: parsed.filter, bound: bound.filter, notes }
}

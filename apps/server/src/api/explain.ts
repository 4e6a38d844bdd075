// POST /explain-query: what the query bar says while somebody types.
import { bind, lint, parseKql, printKql } from '@margay/query'
import type { JsonHandler } from './context.ts'
import { checkZone, logTypeOf } from './filter.ts'

export const explainQuery: JsonHandler<'explainQuery'> = ({ body }, { now }) => {
  const type = logTypeOf(body.logType)
  checkZone(body.zone)
  const parsed = parseKql(body.query)
  if (!parsed.ok) return { ok: false, errors: [...parsed.errors], notes: [] }
  const canonical = printKql(parsed.filter)
  const bound = bind(parsed.filter, type, { now: now(), zone: body.zone, positions: parsed.positions })
  if (!bound.ok) return { ok: false, errors: [...bound.errors], notes: [], canonical }
  return { ok: true, errors: [], notes: [...lint(parsed.filter, type, parsed.positions)], canonical }
}

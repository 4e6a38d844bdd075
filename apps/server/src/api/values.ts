// GET /values: what a field's values are, the commonest first, for completion. Lists count element by element.
import type { Value } from '@margay/model'
import { listKinds } from '@margay/model'
import type { Filter, Group, Question, TimeRange } from '@margay/query'
import { all, literal } from '@margay/query'
import type { AnswerOf } from '@margay/wire'
import { checkRange } from './cluster/as-of.ts'
import type { JsonHandler } from './context.ts'
import { checkFields, logTypeOf } from './filter.ts'

/** Without a range, of the last day. */
const usualRange = 86_400
/** Distinct lists that are read to count their elements. */
const maxLists = 5_000

function prefixFilter(field: string, prefix: string): Filter {
  if (prefix === '') return all
  return { kind: 'is', field: literal(field), value: { pieces: [prefix, ''], quoted: false } }
}

function elementsOf(value: Value | undefined): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [String(value)]
  return (value as readonly Value[]).flatMap(elementsOf)
}

/** Counts of texts, the commonest first, of equal counts by text. */
export function countElements(groups: readonly Group[], prefix: string, limit: number): AnswerOf<'values'>['values'] {
  const counts = new Map<string, number>()
  const wanted = prefix.toLowerCase()
  for (const { key, measures } of groups) {
    for (const text of new Set(elementsOf(key[0]))) {
      if (text.toLowerCase().startsWith(wanted)) counts.set(text, (counts.get(text) ?? 0) + Number(measures.rows ?? 0))
    }
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, limit)
}

export const values: JsonHandler<'values'> = async ({ search, signal }, { store, now }) => {
  const type = logTypeOf(search.logType)
  checkFields(type, [search.field])
  const moment = now()
  const { field, prefix, limit, from, to } = search
  const isList = listKinds.has(type.fields[field]!.kind)
  const range: TimeRange = {
    from: from === undefined ? { ago: usualRange } : { at: from },
    to: to === undefined ? { ago: -1 } : { at: to },
  }
  checkRange(range, moment)
  const question: Question = {
    logType: type.name,
    range,
    filter: prefixFilter(field, prefix),
    reports: 'every',
    select: {
      kind: 'groups',
      by: [{ field }],
      measures: { rows: { rows: true } },
      sort: { measure: 'rows', descending: true },
      limit: isList ? maxLists : limit,
    },
  }
  const { answer } = await store.ask(question, { now: moment, signal })
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  // Elements of lists that were left out would add to the counts; whole values are counted whole.
  return { values: countElements(answer.groups, prefix, limit), exact: !(isList && answer.truncated) }
}

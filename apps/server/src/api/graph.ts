// POST /graph: flows grouped by both ends, as columns, so that thirty thousand edges travel as codes and not as objects.
import type { Value } from '@margay/model'
import { flowLog } from '@margay/model'
import type { Answer, Group, GroupKey, Measure, Question } from '@margay/query'
import { allOf, resolveMoment } from '@margay/query'
import type { AnswerOf } from '@margay/wire'
import { graphKeys, graphMeasures } from '@margay/wire'
import type { AskOptions } from '@margay/store'
import { checkRange } from './cluster/as-of.ts'
import { isDenied } from './cluster/traffic.ts'
import type { ApiDeps, JsonHandler } from './context.ts'
import { checkFields, readFilter } from './filter.ts'

type Column = AnswerOf<'graph'>['columns'][string]
type KeyValue = string | number | boolean | null

/** A list stands for its first element in text order, as packages/graph files live rows. */
const keyValue = (value: Value | undefined): KeyValue => {
  if (value === undefined) return null
  if (Array.isArray(value)) return (value as readonly Value[]).map(String).sort()[0] ?? null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}

function codedColumn(values: readonly (Value | undefined)[]): Column {
  const codeOf = new Map<KeyValue, number>()
  const codes = values.map((value) => {
    const key = keyValue(value)
    const code = codeOf.get(key) ?? codeOf.size
    codeOf.set(key, code)
    return code
  })
  return { values: [...codeOf.keys()], codes }
}

export function columnsOf(keys: readonly string[], groups: readonly Group[]): AnswerOf<'graph'>['columns'] {
  const columns: Record<string, Column> = {}
  keys.forEach((name, index) => {
    columns[name] = codedColumn(groups.map(({ key }) => key[index]))
  })
  for (const name of Object.keys(graphMeasures)) {
    columns[name] = { numbers: groups.map(({ measures }) => measures[name] ?? 0) }
  }
  return columns
}

const groupsOf = (answer: Answer): Extract<Answer, { kind: 'groups' }> => {
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  return answer
}

/** Edges are told by what counts in the search that they are of, not in the whole log. */
const keyOf = (name: string): GroupKey => (name === 'counts' ? { counted: true } : { field: name })

/** The heaviest groups of a question, and every denial: news is never what a limit cuts off. */
async function askEdges(question: Question, { store }: Pick<ApiDeps, 'store'>, options: AskOptions) {
  const { answer, effort } = await store.ask(question, options)
  const { groups, truncated } = groupsOf(answer)
  if (!truncated) return { groups, truncated, effort }
  const { filter } = question
  const denied: Question = { ...question, filter: allOf(filter, isDenied), among: filter }
  const denials = await store.ask(denied, options)
  const action = graphKeys.indexOf('action')
  const allowed = groups.filter(({ key }) => key[action] !== 'deny')
  return { groups: [...allowed, ...groupsOf(denials.answer).groups], truncated, effort }
}

export const graph: JsonHandler<'graph'> = async ({ body, signal }, { store, now }) => {
  const moment = now()
  checkRange(body.range, moment)
  const keys = [...graphKeys, ...body.extra.filter((name) => !graphKeys.includes(name))]
  checkFields(flowLog, keys)
  const { filter } = readFilter(flowLog, body, moment)
  // All questions are about the same fixed range, else their totals could differ.
  const range = {
    from: { at: resolveMoment(body.range.from, moment) },
    to: { at: resolveMoment(body.range.to, moment) },
  }
  const measures: Record<string, Measure> = graphMeasures
  const base = { logType: flowLog.name, range, filter, zone: body.zone }
  const edges: Question = {
    ...base,
    reports: 'every',
    select: {
      kind: 'groups',
      by: keys.map(keyOf),
      measures,
      sort: { measure: 'bytes_out', descending: true },
      limit: body.limit,
    },
  }
  const totals: Question = { ...base, reports: 'counted', select: { kind: 'groups', by: [], measures, limit: 1 } }
  const [{ groups, truncated, effort }, summed] = await Promise.all([
    askEdges(edges, { store }, { now: moment, signal }),
    store.ask(totals, { now: moment, signal }),
  ])
  return {
    groups: groups.length,
    columns: columnsOf(keys, groups),
    truncated,
    totals: { ...groupsOf(summed.answer).groups[0]?.measures },
    effort,
  }
}

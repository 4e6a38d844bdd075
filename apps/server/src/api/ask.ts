// POST /query: a question, its answer, what it cost, and what the linter says of its filter.
import type { LogType, Row } from '@margay/model'
import { writeRow } from '@margay/model'
import type { Answer, Measure, Question } from '@margay/query'
import type { AnswerOf, DecodedQuestion } from '@margay/wire'
import { toQuestion } from '@margay/wire'
import { checkRange } from './cluster/as-of.ts'
import type { JsonHandler } from './context.ts'
import { checkFields, logTypeOf, readFilter } from './filter.ts'

const measuredField = (measure: Measure): string[] =>
  Object.entries(measure)
    .filter(([name, value]) => name !== 'at' && name !== 'limit' && typeof value === 'string')
    .map(([, value]) => value as string)

/** Every field that a question's selection names. */
function namedFields(select: DecodedQuestion['select']): string[] {
  if (select.kind === 'rows') return [...(select.fields ?? []), select.sort.field]
  const keys = select.by.flatMap((key) => ('field' in key ? [key.field] : []))
  return [...keys, ...Object.values(select.measures).flatMap(measuredField)]
}

/** A request's question with everything that can be checked without asking. */
export function questionOf(request: DecodedQuestion, now: number) {
  const type = logTypeOf(request.logType)
  checkFields(type, namedFields(request.select))
  const { filter, notes } = readFilter(type, request, now)
  const question: Question = toQuestion(request, filter)
  return { type, question, notes }
}

export function answerJson(type: LogType, answer: Answer): AnswerOf<'query'>['answer'] {
  if (answer.kind === 'groups') {
    const groups = answer.groups.map(({ key, measures }) => ({
      key: key.map((value) => value ?? null),
      measures: measures as Record<string, unknown>,
    }))
    return { kind: 'groups', groups, truncated: answer.truncated }
  }
  const rows = answer.rows.map((row: Row) => writeRow(type, row))
  return { kind: 'rows', rows, ...(answer.cursor !== undefined && { cursor: answer.cursor }) }
}

export const ask: JsonHandler<'query'> = async ({ body, signal }, { store, now }) => {
  const moment = now()
  checkRange(body.range, moment)
  const { type, question, notes } = questionOf(body, moment)
  const { answer, effort } = await store.ask(question, { now: moment, signal })
  return { answer: answerJson(type, answer), effort, notes: [...notes] }
}

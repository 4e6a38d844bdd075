// Asking questions: rows of a log and groups of rows, as the wire's schemas say.
import { type LogType, readRow, type Row, type Value } from '@margay/model'
import type { AnswerResponse, QuestionRequest } from '@margay/wire'
import { call } from './http.ts'
import { ProblemError } from './problem.ts'

/** What every question of one page shares: when, and which rows. Times are fixed, so that all answers are of one moment. */
export interface Scope {
  readonly from: number
  readonly to: number
  /** KQL; pills included. */
  readonly query: string
  readonly zone: string
}

export type Effort = AnswerResponse['effort']
export type Note = AnswerResponse['notes'][number]

export interface RowsAnswer {
  readonly rows: readonly Row[]
  readonly cursor: string | undefined
  readonly effort: Effort
  readonly notes: readonly Note[]
}

export interface Group {
  readonly key: readonly (Value | undefined)[]
  readonly measures: Readonly<Record<string, Value | undefined>>
}

export interface GroupsAnswer {
  readonly groups: readonly Group[]
  readonly truncated: boolean
  readonly effort: Effort
}

type Select = QuestionRequest['select']
export type SelectRows = Extract<Select, { kind: 'rows' }>
export type SelectGroups = Extract<Select, { kind: 'groups' }>
export type Reports = NonNullable<QuestionRequest['reports']>

const request = (logType: string, scope: Scope, reports: Reports, select: Select): QuestionRequest => ({
  logType,
  range: { from: { at: scope.from }, to: { at: scope.to } },
  query: scope.query,
  zone: scope.zone,
  reports,
  select,
})

const otherKind = (kind: string) =>
  new ProblemError({ code: 'unexpected_answer', detail: `asked for ${kind}, the server answered something else` })

/** Reads rows in their published form; one that cannot be read is a fault of the server and fails the answer. */
export function readRows(type: LogType, records: readonly unknown[], now: number): Row[] {
  return records.map((record) => {
    const read = readRow(type, record, now)
    if (read.ok) return read.row
    const [first] = read.problems
    throw new ProblemError({
      code: 'unexpected_answer',
      detail: `a row of ${type.name} cannot be read: ${first?.field} ${first?.value} ${first?.problem}`,
      hint: 'Reload the page to get the console that belongs to the server.',
    })
  })
}

/** Asks for one page of rows. */
export async function askRows(
  type: LogType,
  scope: Scope,
  select: Omit<SelectRows, 'kind'>,
  signal?: AbortSignal,
): Promise<RowsAnswer> {
  const body = request(type.name, scope, 'every', { kind: 'rows', ...select })
  const { answer, effort, notes } = await call('query', { body, signal })
  if (answer.kind !== 'rows') throw otherKind('rows')
  return { rows: readRows(type, answer.rows, scope.to), cursor: answer.cursor, effort, notes }
}

/** Asks for groups. `counted` leaves out reports that would count a conversation twice. */
export async function askGroups(
  logType: string,
  scope: Scope,
  reports: Reports,
  select: Omit<SelectGroups, 'kind'>,
  signal?: AbortSignal,
): Promise<GroupsAnswer> {
  const body = request(logType, scope, reports, { kind: 'groups', ...select })
  const { answer, effort } = await call('query', { body, signal })
  if (answer.kind !== 'groups') throw otherKind('groups')
  const groups = answer.groups.map(({ key, measures }) => ({
    key: key.map(present),
    measures: Object.fromEntries(Object.entries(measures).map(([name, value]) => [name, present(value)])),
  }))
  return { groups, truncated: answer.truncated, effort }
}

/** JSON has null where the model has undefined. */
const present = (value: unknown): Value | undefined => (value === null ? undefined : (value as Value))

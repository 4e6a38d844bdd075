// Reads the object log from the store: the versions from which a moment can be told.
import type { ObjectRow } from '@margay/model'
import { objectLog } from '@margay/model'
import type { Question } from '@margay/query'
import { all } from '@margay/query'
import type { Store } from '@margay/store'
import type { ObjectVersion } from './object-row.ts'
import { versionOfRow } from './object-row.ts'

/** Unix seconds, from inclusive, to exclusive. */
export interface Span {
  readonly from: number
  readonly to: number
}

type Asked = Pick<Store, 'ask' | 'stream'>

/**
 * How far back a reader must look: sources write every present object at their start and once a day, and an hour is more
 * than they need to write it.
 */
export const lookBackSeconds = 86_400 + 3_600

/** Older than any log that is kept. */
const farBackSeconds = 3650 * 86_400

const questionOf = ({ from, to }: Span, select: Question['select']): Question => ({
  logType: objectLog.name,
  range: { from: { at: from }, to: { at: to } },
  filter: all,
  reports: 'every',
  select,
})

async function newestTime(store: Pick<Store, 'ask'>, span: Span): Promise<number | undefined> {
  const select = { kind: 'groups', by: [], measures: { time: { max: objectLog.time } }, limit: 1 } as const
  const { answer } = await store.ask(questionOf(span, select), { now: span.to, limits: 'export' })
  const time = answer.kind === 'groups' ? Number(answer.groups[0]?.measures['time'] ?? 0) : 0
  return time > 0 ? time : undefined
}

/** When the log was last written before a moment; undefined where it is empty. While no server ran, nothing was seen. */
export const lastWritten = async (store: Pick<Store, 'ask'>, before: number): Promise<number | undefined> =>
  (await newestTime(store, { from: before - lookBackSeconds, to: before })) ??
  (await newestTime(store, { from: before - farBackSeconds, to: before }))

async function* versions(store: Asked, span: Span, now: number): AsyncGenerator<ObjectVersion[]> {
  const inOrder = { kind: 'rows', sort: { field: 'time', descending: false }, limit: Number.MAX_SAFE_INTEGER } as const
  for await (const rows of store.stream(questionOf(span, inOrder), { now })) {
    yield (rows as readonly ObjectRow[]).map(versionOfRow).filter((version) => version !== undefined)
  }
}

/** Pages of versions, oldest first by their second, from which the state at the end of second `moment` can be told. */
export async function* versionsUntil(store: Asked, moment: number): AsyncGenerator<readonly ObjectVersion[]> {
  const last = await lastWritten(store, moment + 1)
  if (last !== undefined) yield* versions(store, { from: last - lookBackSeconds, to: moment + 1 }, moment)
}

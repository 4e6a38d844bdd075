// The objects of any moment, for whoever answers people: the present is kept in memory and follows the live rows, the past is
// read from the object log. Fed by the ingest thread's rows; writes nothing. What must stay true: half of the present is never
// told as if it were all of it. Until the log was read, whoever asks waits; where it cannot be read, that is the answer.
import type { Logger } from '@margay/kit'
import { createBackoff, createKept, sleep } from '@margay/kit'
import type { ObjectRow, Row } from '@margay/model'
import { objectLog } from '@margay/model'
import type { Store } from '@margay/store'
import type { ChangesAsked, FoundChanges } from './changes.ts'
import { readChanges } from './changes.ts'
import { versionsUntil } from './object-log.ts'
import { versionOfRow } from './object-row.ts'
import type { StoredObject } from './object-state.ts'
import { createObjectState } from './object-state.ts'

export interface ObjectHistory {
  /** The objects at the end of a second. Its documents, read by `parseSnapshot`, are the cluster of that moment. */
  at(moment: number): Promise<readonly StoredObject[]>
  /** The objects now. The list is the same one until something changes. Rejects with `ObjectsUnread`. */
  present(): Promise<readonly StoredObject[]>
  /** What changed in a span. The answer about one that is past is kept for a while. */
  changes(asked: ChangesAsked): Promise<FoundChanges>
  /** Takes live rows; those of other logs are ignored. */
  take(logType: string, rows: readonly Row[]): void
  /** Reads the present from the store, beside what `take` brings meanwhile; tries until it is read or the signal aborts. */
  load(signal: AbortSignal): Promise<void>
}

/** The present is not known, because the object log cannot be read; it is tried again. */
export class ObjectsUnread extends Error {
  override readonly name = 'ObjectsUnread'
  readonly code = 'objects_unread'
  readonly hint = 'ask again in half a minute; the log of the server says what is wrong with its store'
}

export interface ObjectHistoryDeps {
  readonly store: Pick<Store, 'ask' | 'stream'>
  readonly log: Logger
  /** Unix seconds. */
  readonly now: () => number
}

/** Moments that are asked one after the other, by several panels of one page. */
const rememberedMoments = 4
/** Spans of the ribbon, which several pages draw at once. */
const rememberedSpans = 8
/** Rows of the last seconds may still be on their way to the store. */
const settledSeconds = 30
/** For so long what was read of such a moment is good enough: the questions of one request, and of one page, follow at once. */
const unsettledSeconds = 5

export function createObjectHistory({ store, log, now }: ObjectHistoryDeps): ObjectHistory {
  const state = createObjectState()
  /** Resolves once the log was read, or could not be. */
  const tried = Promise.withResolvers<void>()
  let unread: ObjectsUnread | undefined
  let isRead = false
  const moments = createKept<readonly StoredObject[], number>({ max: rememberedMoments })
  const unsettled = createKept<readonly StoredObject[]>({ max: rememberedMoments })
  const spans = createKept<FoundChanges>({ max: rememberedSpans })
  const isSettled = (moment: number) => moment < now() - settledSeconds

  const read = async (moment: number): Promise<readonly StoredObject[]> => {
    const then = createObjectState()
    for await (const page of versionsUntil(store, moment)) for (const version of page) then.apply(version)
    return then.list()
  }
  const readPresent = async () => {
    let count = 0
    for await (const page of versionsUntil(store, now())) {
      count += page.length
      for (const version of page) state.apply(version)
    }
    unread = undefined
    isRead = true
    log.info('objects are known', { versions: count, objects: state.list().length })
  }
  const present = async () => {
    await tried.promise
    if (unread) throw unread
    return state.list()
  }
  /** Whether nothing changed since then, as most often of a moment just past. */
  const isPresent = (moment: number) => isRead && (state.changedAt() ?? moment) <= moment
  const at = (moment: number): Promise<readonly StoredObject[]> => {
    if (moment >= now() || isPresent(moment)) return present()
    if (isSettled(moment)) return moments(moment, () => read(moment))
    return unsettled(`${moment} ${Math.floor(now() / unsettledSeconds)}`, () => read(moment))
  }
  return {
    at,
    present,
    changes(asked) {
      const find = () => readChanges(store, asked)
      return isSettled(asked.to) ? spans(JSON.stringify(asked), find) : find()
    },
    take(logType, rows) {
      if (logType !== objectLog.name) return
      for (const row of rows as readonly ObjectRow[]) {
        const version = versionOfRow(row)
        if (version) state.apply(version)
      }
    },
    async load(signal) {
      const backoff = createBackoff({ firstMs: 250, mostMs: 30_000 })
      while (!signal.aborted) {
        try {
          return await readPresent()
        } catch (error) {
          log.error('the object log cannot be read; it is tried again', { error: error as Error })
          unread = new ObjectsUnread(`the object log cannot be read: ${(error as Error).message}`, { cause: error })
        } finally {
          tried.resolve()
        }
        await sleep(backoff.next(), signal)
      }
    },
  }
}

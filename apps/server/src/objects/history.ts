// The objects of any moment, for whoever answers people: the present is kept in memory and follows the live rows, the past is
// read from the object log. Fed by the ingest thread's rows; writes nothing.
import type { Logger } from '@margay/kit'
import type { ObjectRow, Row } from '@margay/model'
import { objectLog } from '@margay/model'
import type { Store } from '@margay/store'
import type { ObjectChangeKind } from './object.ts'
import type { Span } from './object-log.ts'
import { changesWithin, versionsUntil } from './object-log.ts'
import type { ObjectVersion } from './object-row.ts'
import { versionOfRow } from './object-row.ts'
import type { StoredObject } from './object-state.ts'
import { createObjectState } from './object-state.ts'

export interface ObjectChange {
  /** Unix seconds. */
  readonly time: number
  readonly sequence: number
  readonly change: Exclude<ObjectChangeKind, 'present'>
  /** The version that came; for `deleted` the last one. */
  readonly object: StoredObject
  /** The version that stood before; absent for `added`, or where nobody saw it. */
  readonly before?: StoredObject
}

export interface ObjectHistory {
  /** The objects at the end of a second. Its documents, read by `parseSnapshot`, are the cluster of that moment. */
  at(moment: number): Promise<readonly StoredObject[]>
  /** The objects now. The list is the same one until something changes. */
  now(): readonly StoredObject[]
  /** What changed in a span, in order. */
  changes(span: Span): Promise<readonly ObjectChange[]>
  /** Takes live rows; those of other logs are ignored. */
  take(logType: string, rows: readonly Row[]): void
  /** Reads the present from the store, beside what `take` brings meanwhile. */
  load(): Promise<void>
}

export interface ObjectHistoryDeps {
  readonly store: Pick<Store, 'ask' | 'stream'>
  readonly log: Logger
  /** Unix seconds. */
  readonly now: () => number
}

/** Moments that are asked one after the other, by several panels of one page. */
const rememberedMoments = 4
/** Rows of the last seconds may still be on their way to the store. */
const settledSeconds = 30

function changeOf(version: ObjectVersion, before: StoredObject | undefined): ObjectChange | undefined {
  const { time, sequence, change, object, origin } = version
  if (change === 'present') return undefined
  const stored = { ...object, origin, seenAt: time }
  return { time, sequence, change, object: stored, ...(before && { before }) }
}

export function createObjectHistory({ store, log, now }: ObjectHistoryDeps): ObjectHistory {
  const present = createObjectState()
  const remembered = new Map<number, Promise<readonly StoredObject[]>>()

  const read = async (moment: number): Promise<readonly StoredObject[]> => {
    const state = createObjectState()
    for await (const page of versionsUntil(store, moment)) for (const version of page) state.apply(version)
    return state.list()
  }
  const remember = (moment: number): Promise<readonly StoredObject[]> => {
    const known = remembered.get(moment)
    if (known) return known
    const found = read(moment)
    remembered.set(moment, found)
    found.catch(() => remembered.delete(moment))
    if (remembered.size > rememberedMoments) remembered.delete(remembered.keys().next().value!)
    return found
  }
  const at = (moment: number): Promise<readonly StoredObject[]> => {
    if (moment >= now()) return Promise.resolve(present.list())
    return moment < now() - settledSeconds ? remember(moment) : read(moment)
  }
  return {
    at,
    now: () => present.list(),
    async changes(span) {
      const state = createObjectState()
      const [before, versions] = await Promise.all([read(span.from - 1), changesWithin(store, span)])
      for (const object of before) {
        state.apply({ object, origin: object.origin, change: 'present', time: object.seenAt, sequence: 0 })
      }
      return versions.flatMap((version) => {
        const change = changeOf(version, state.get(version.object.uid))
        state.apply(version)
        return change ?? []
      })
    },
    take(logType, rows) {
      if (logType !== objectLog.name) return
      for (const row of rows as readonly ObjectRow[]) {
        const version = versionOfRow(row)
        if (version) present.apply(version)
      }
    },
    async load() {
      let count = 0
      for await (const page of versionsUntil(store, now())) {
        count += page.length
        for (const version of page) present.apply(version)
      }
      log.info('objects are known', { versions: count, objects: present.list().length })
    },
  }
}

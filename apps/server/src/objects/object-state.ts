// The objects there are after a number of versions, in whatever order these come: of each uid the version with the highest
// sequence stands, and one that is `deleted` hides the object. This is how any moment is told from the log.
import type { ObjectOrigin, ClusterObject } from './object.ts'
import type { ObjectVersion } from './object-row.ts'

export interface StoredObject extends ClusterObject {
  readonly origin: ObjectOrigin
  /** Unix seconds of the record that this version was read from: it holds at least since then. */
  readonly seenAt: number
}

export interface ObjectState {
  /** False where a later version of the object is known already. */
  apply(version: ObjectVersion): boolean
  get(uid: string): StoredObject | undefined
  list(): readonly StoredObject[]
  /** Unix seconds of the newest version that was applied: nothing is known to have changed since. Undefined before any. */
  changedAt(): number | undefined
}

/** Seconds for which a deleted object is remembered, so that a version of it that comes late stays hidden. */
const tombstoneSeconds = 600

export function createObjectState(): ObjectState {
  const newest = new Map<string, { readonly sequence: number; readonly object: StoredObject | undefined }>()
  /** When each object that is deleted was, in the order in which that was heard. */
  const tombstones = new Map<string, number>()
  let listed: readonly StoredObject[] | undefined
  let changedAt: number | undefined
  const bury = (uid: string, time: number) => {
    tombstones.delete(uid)
    tombstones.set(uid, time)
    for (const [old, deletedAt] of tombstones) {
      if (deletedAt >= time - tombstoneSeconds) break
      tombstones.delete(old)
      if (newest.get(old)?.object === undefined) newest.delete(old)
    }
  }
  return {
    apply({ object, origin, change, time, sequence }) {
      changedAt = Math.max(changedAt ?? time, time)
      const known = newest.get(object.uid)
      if (known && known.sequence > sequence) return false
      const stored = change === 'deleted' ? undefined : { ...object, origin, seenAt: time }
      newest.set(object.uid, { sequence, object: stored })
      if (!stored) bury(object.uid, time)
      listed = undefined
      return true
    },
    get: (uid) => newest.get(uid)?.object,
    list() {
      listed ??= [...newest.values()].map(({ object }) => object).filter((object) => object !== undefined)
      return listed
    },
    changedAt: () => changedAt,
  }
}

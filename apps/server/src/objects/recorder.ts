// Between the sources of objects and everyone who follows them: knows which objects there are, finds out what changed, gives
// it to the sinks and makes a row of the object log of it. What must stay true: a sink hears of each version in order, and
// again of one that it failed to take; each origin removes only what it said itself; and what an earlier server knew is known
// again before any source speaks, so that names of the past are right and what vanished meanwhile is seen to have vanished.
import type { StageState } from '@margay/kit'
import type { ObjectRow } from '@margay/model'
import type { ClusterObject, ObjectChangeKind, ObjectOrigin, ObjectSink } from './object.ts'
import type { ObjectVersion } from './object-row.ts'
import { documentText, rowOfVersion } from './object-row.ts'
import { createSinks } from './sinks.ts'

export interface RecorderDeps {
  readonly cluster: string
  readonly sinks: readonly ObjectSink[]
  /** Takes rows for the log. */
  readonly write: (rows: readonly ObjectRow[]) => void
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** What a source says. Objects are given as often as one likes; only differences go on. */
export interface ObjectSource {
  /**
   * `found`: the object is part of a first look, so it may be older than this moment. `unseenSince`, Unix seconds, here and
   * below: nobody watched since then, so what is told now happened at some time between.
   */
  put(object: ClusterObject, found: boolean, unseenSince?: number): void
  remove(uid: string, unseenSince?: number): void
  /** After a look at all objects of some kind: those of the kind that were not seen are gone since now. */
  sweep(isOfKind: (object: ClusterObject) => boolean, seen: ReadonlySet<string>, unseenSince?: number): void
  /** The first look is complete. */
  settle(): void
}

export interface Recorder {
  /** Takes up versions that an earlier server wrote, oldest first. Called before any source speaks. */
  restore(versions: readonly ObjectVersion[]): void
  /**
   * The restored versions are all there: they are written to the log again, at once and not only when sources have looked,
   * since readers look back a day from the last row. Objects of origins without a source are gone.
   */
  restored(sources: readonly ObjectOrigin[]): void
  /** Versions of a cluster that no source watches, as the demo's: the sinks hear of them, and nothing is written of them. */
  told(versions: readonly ObjectVersion[]): void
  source(origin: ObjectOrigin): ObjectSource
  /** Writes every present object again, for readers that look back a day. */
  repeat(): void
  /** How the sinks stand, for health. */
  state(): Partial<StageState>
  /** Objects by kind. */
  counts(): Readonly<Record<string, number>>
}

interface Known {
  readonly object: ClusterObject
  readonly text: string
  readonly origin: ObjectOrigin
}

/** Opens nothing; whoever makes it calls `restore` and `restored` before any source speaks. */
export function createRecorder(deps: RecorderDeps): Recorder {
  const { clock } = deps
  const sinks = createSinks(deps.sinks)
  const known = new Map<string, Known>()
  const restoredKinds = new Set<string>()
  /** When an earlier server wrote last, Unix seconds: nobody watched from then until the sources have looked. */
  let restoredUntil: number | undefined
  const settled = new Set<ObjectOrigin>()
  let lastSequence = 0

  const now = () => Math.floor(clock() / 1000)
  /** Microseconds, or one more than the last: also across restarts, unless the clock was set back meanwhile. */
  const nextSequence = () => (lastSequence = Math.max(lastSequence + 1, clock() * 1000))
  const kindOf = (origin: ObjectOrigin, { apiVersion, kind }: ClusterObject) => `${origin} ${apiVersion} ${kind}`

  const rowOf = ({ object, text, origin }: Known, change: ObjectChangeKind): ObjectRow =>
    rowOfVersion({ object, origin, change, time: now(), sequence: nextSequence() }, deps.cluster, text)

  const told = ({ object, change, time }: ObjectVersion) => {
    if (change === 'deleted') sinks.remove(object.uid, time)
    else if (change === 'present') sinks.put(object, 0, undefined, time)
    else sinks.put(object, time)
  }
  const unseenBy = (origin: ObjectOrigin, unseenSince: number | undefined) =>
    unseenSince ?? (settled.has(origin) ? undefined : restoredUntil)
  const drop = (uid: string, entry: Known, unseenSince?: number) => {
    known.delete(uid)
    sinks.remove(uid, now(), unseenBy(entry.origin, unseenSince))
    deps.write([rowOf(entry, 'deleted')])
  }
  const put = (origin: ObjectOrigin, object: ClusterObject, found: boolean, unseenSince?: number) => {
    const before = known.get(object.uid)
    const text = documentText(object)
    if (before?.text === text) return sinks.again(object.uid)
    const isOld = found && !restoredKinds.has(kindOf(origin, object))
    const change = before ? 'modified' : isOld ? 'present' : 'added'
    const entry = { object, text, origin }
    known.set(object.uid, entry)
    if (change === 'present') sinks.put(object, 0, undefined, now())
    else sinks.put(object, now(), unseenBy(origin, unseenSince))
    deps.write([rowOf(entry, change)])
  }
  const writeAgain = (entries: Iterable<Known>) => {
    const rows = Array.from(entries, (entry) => rowOf(entry, 'present'))
    if (rows.length > 0) deps.write(rows)
  }
  return {
    restore(versions) {
      for (const version of versions) {
        const { object, origin, change, time, sequence } = version
        if (origin === 'demo') {
          told(version)
          continue
        }
        lastSequence = Math.max(lastSequence, sequence)
        restoredUntil = Math.max(restoredUntil ?? time, time)
        restoredKinds.add(kindOf(origin, object))
        const before = known.get(object.uid)
        if (change === 'deleted') {
          known.delete(object.uid)
          sinks.remove(object.uid, time)
          continue
        }
        const text = documentText(object)
        if (before?.text === text) continue
        known.set(object.uid, { object, text, origin })
        if (change === 'present' && !before) sinks.put(object, 0, undefined, time)
        else sinks.put(object, time)
      }
    },
    restored(sources) {
      writeAgain([...known.values()].filter(({ origin }) => sources.includes(origin)))
      for (const [uid, entry] of known) if (!sources.includes(entry.origin)) drop(uid, entry)
    },
    told: (versions) => versions.forEach(told),
    source: (origin) => ({
      put: (object, found, unseenSince) => put(origin, object, found, unseenSince),
      remove(uid, unseenSince) {
        const entry = known.get(uid)
        if (entry?.origin === origin) drop(uid, entry, unseenSince)
      },
      sweep(isOfKind, seen, unseenSince) {
        for (const [uid, entry] of known) {
          if (entry.origin === origin && !seen.has(uid) && isOfKind(entry.object)) drop(uid, entry, unseenSince)
        }
      },
      settle() {
        settled.add(origin)
        sinks.againAll()
      },
    }),
    repeat() {
      sinks.againAll()
      writeAgain(known.values())
    },
    state: () => sinks.state(),
    counts() {
      const counts: Record<string, number> = {}
      for (const { object } of known.values()) counts[object.kind] = (counts[object.kind] ?? 0) + 1
      return counts
    },
  }
}

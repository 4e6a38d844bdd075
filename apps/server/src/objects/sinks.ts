// Tells everyone who follows the objects. One who fails over an object keeps neither the others from hearing of it nor the log
// from having it: the failure is counted and named, and the object is told again to whoever missed it.
import type { StageState } from '@margay/kit'
import type { ClusterObject, ObjectSink } from './object.ts'
import { placeOf } from './object.ts'

export interface Sinks extends ObjectSink {
  /** Tells those who failed over the object what they missed of it, if any did. */
  again(uid: string): void
  /** The same for all objects. */
  againAll(): void
  /** What people are told of failures. */
  state(): Partial<StageState>
}

interface Failure {
  /** `Pod shop/web: cannot read property …`. */
  readonly text: string
  /** What was missed, for those who missed it. */
  readonly tell: (sink: ObjectSink) => void
  readonly missedBy: readonly ObjectSink[]
  readonly what: string
}

export function createSinks(sinks: readonly ObjectSink[]): Sinks {
  /** By uid; what failed last stands. */
  const failures = new Map<string, Failure>()
  let count = 0

  function tellAll(uid: string, what: string, to: readonly ObjectSink[], tell: Failure['tell']): void {
    const failed = to.flatMap((sink) => {
      try {
        tell(sink)
        return []
      } catch (error) {
        count += 1
        return [{ sink, text: `${what}: ${(error as Error).message}` }]
      }
    })
    const [first] = failed
    if (first) failures.set(uid, { what, text: first.text, tell, missedBy: failed.map(({ sink }) => sink) })
    else failures.delete(uid)
  }
  const again = (uid: string) => {
    const failure = failures.get(uid)
    if (failure) tellAll(uid, failure.what, failure.missedBy, failure.tell)
  }
  const named = (object: ClusterObject) => `${object.kind} ${placeOf(object)}`
  return {
    put: (object, at, unseenSince, foundAt) =>
      tellAll(object.uid, named(object), sinks, (sink) => sink.put(object, at, unseenSince, foundAt)),
    remove: (uid, at, unseenSince) =>
      tellAll(uid, `removal of ${uid}`, sinks, (sink) => sink.remove(uid, at, unseenSince)),
    again,
    againAll: () => [...failures.keys()].forEach(again),
    state() {
      const [failure] = failures.values()
      if (!failure) return { state: 'ok' }
      const missed = failures.size === 1 ? '1 object was' : `${failures.size} objects were`
      const times = count === 1 ? '1 failure' : `${count} failures`
      return {
        state: 'degraded',
        detail: `${missed} not taken in (${times} since the start), such as ${failure.text}`,
        hint: 'names and verdicts that rest on it are those of before; please report this',
      }
    },
  }
}

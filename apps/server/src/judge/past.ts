// The policies of a moment that is past: a second engine that is moved forth and back along the changes of the last hours. It
// is made when the first late row asks and dropped when nobody does. What must stay true: at any moment that is kept, it is
// what the present engine was then. Of moments before that, nothing is said.
import type { Change, Engine, Evaluation, Flow, Step } from '@margay/policy'
import { changeKey, createEngine, emptySnapshot } from '@margay/policy'

export interface PastConfig {
  /** Seconds that are kept; a spool may be an hour late. */
  readonly keepSeconds: number
  /** Changes that are kept, whatever their age. */
  readonly maxChanges: number
}

export interface Past {
  /** Notes a change that the present engine made, at Unix seconds; 0 where it always was so. */
  note(step: Step, at: number): void
  /**
   * Notes a change that was found out later, at `found`, and that the present engine has made: an object of whose name there
   * was none before.
   */
  insert(step: Step, at: number, found: number): void
  /** The flow as it was judged at the moment; undefined where that is not known any more. */
  evaluate(flow: Flow, moment: number): Evaluation | undefined
  /** Unix seconds of the last change. */
  readonly changedAt: number
  /** Forgets what is too old, and the engine where it was not asked for since the last call. */
  trim(now: number): void
}

interface Noted {
  readonly step: Step
  readonly at: number
}

interface Cursor {
  readonly engine: Engine
  /** Changes of the journal that are applied. */
  applied: number
  isUsed: boolean
}

/** Flows of the past are few, and each is asked about once or twice. */
const remember = 20_000

function createPresent(changes: Iterable<Change>): Engine {
  const engine = createEngine(emptySnapshot, { remember })
  for (const change of changes) engine.apply(change)
  return engine
}

/** `present` gives the changes that make an empty snapshot the present one. */
export function createPast(config: PastConfig, present: () => Iterable<Change>): Past {
  let journal: Noted[] = []
  let cursor: Cursor | undefined
  /** Before this nothing is known. */
  let knownFrom = -Infinity
  let changedAt = -Infinity

  /** Changes that were made by the moment; times in the journal never fall. */
  function countUntil(moment: number): number {
    let [low, high] = [0, journal.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (journal[middle]!.at <= moment) low = middle + 1
      else high = middle
    }
    return low
  }
  /** Where a change of the moment goes: after all that was before it, and after all that is of the same object. */
  function placeFor(step: Step, at: number): number {
    const key = changeKey(step.forward)
    return journal.findLastIndex((noted) => noted.at <= at || changeKey(noted.step.forward) === key) + 1
  }
  function move(to: number): Engine {
    cursor ??= { engine: createPresent(present()), applied: journal.length, isUsed: true }
    const { engine } = cursor
    for (; cursor.applied < to; cursor.applied++) engine.apply(journal[cursor.applied]!.step.forward)
    for (; cursor.applied > to; cursor.applied--) engine.apply(journal[cursor.applied - 1]!.step.backward)
    cursor.isUsed = true
    return engine
  }
  function forget(count: number): void {
    if (count <= 0) return
    if (cursor && cursor.applied < count) move(count)
    knownFrom = journal[count - 1]!.at
    journal = journal.slice(count)
    if (cursor) cursor.applied -= count
  }
  /** What always was so was so at every moment that is kept. */
  const noteAlways = ({ forward }: Step): void => cursor?.engine.apply(forward)

  return {
    note(step, at) {
      if (at === 0) return noteAlways(step)
      const last = journal.at(-1)?.at ?? knownFrom
      changedAt = Math.max(at, last)
      journal.push({ step, at: changedAt })
    },
    insert(step, at, found) {
      if (at <= Math.max(knownFrom, found - config.keepSeconds)) {
        knownFrom = Math.max(knownFrom, at)
        return noteAlways(step)
      }
      const index = placeFor(step, at)
      const since = Math.max(at, journal[index - 1]?.at ?? knownFrom)
      journal.splice(index, 0, { step, at: since })
      changedAt = Math.max(changedAt, since)
      // Changes of other objects that came after it do not matter to it, so it may be made after them.
      if (cursor && index < cursor.applied) {
        cursor.engine.apply(step.forward)
        cursor.applied += 1
      }
    },
    evaluate(flow, moment) {
      if (moment < knownFrom) return undefined
      return move(countUntil(moment)).evaluate(flow)
    },
    get changedAt() {
      return changedAt
    },
    trim(now) {
      forget(Math.max(countUntil(now - config.keepSeconds), journal.length - config.maxChanges))
      if (cursor && !cursor.isUsed) cursor = undefined
      else if (cursor) cursor.isUsed = false
    },
  }
}

// What changed of the cluster's objects in a span, from the object log. The store is asked only for what is wanted: versions
// that are changes, of the kinds that somebody tells of, and of each object that was modified the one version before. What must
// stay true: objects that did not change cost nothing, however many there are.
import type { ObjectRow } from '@margay/model'
import { objectLog } from '@margay/model'
import type { Filter, Question } from '@margay/query'
import { allOf, anyOf, fieldIs, fieldIsOneOf, literal } from '@margay/query'
import type { AskOptions, Store } from '@margay/store'
import type { ObjectChangeKind } from './object.ts'
import type { Span } from './object-log.ts'
import { lastWritten, lookBackSeconds } from './object-log.ts'
import type { ObjectVersion } from './object-row.ts'
import { versionOfRow } from './object-row.ts'
import type { StoredObject } from './object-state.ts'

export interface ObjectChange {
  /** Unix seconds. */
  readonly time: number
  readonly sequence: number
  readonly change: Exclude<ObjectChangeKind, 'present'>
  /** The version that came; for `deleted` the last one. */
  readonly object: StoredObject
  /** The version that stood before; only for `modified`, and absent where nobody saw it. */
  readonly before?: StoredObject
}

export interface ChangesAsked extends Span {
  /** Kinds of which every change is wanted. */
  readonly kinds: readonly string[]
  /** Kinds of which only coming and going is wanted. */
  readonly passing: readonly string[]
  /** Only of this namespace, and what has none. */
  readonly namespace?: string | undefined
  /** The newest so many versions are read. */
  readonly most: number
}

export interface FoundChanges {
  /** In order. */
  readonly changes: readonly ObjectChange[]
  /** From this second on all of them, Unix seconds: later than the span's start where there are more than are read. */
  readonly from: number
}

type Deps = Pick<Store, 'ask'>

/** Versions that are read between two turns for others: some milliseconds. */
const pageRows = 1_000
/** Objects whose version before is asked for at once: a filter of a few ten kilobytes. */
const objectsAtOnce = 500

function wantedFilter({ kinds, passing, namespace }: ChangesAsked): Filter {
  const comesOrGoes = allOf(fieldIsOneOf('kind', passing), fieldIsOneOf('change', ['added', 'deleted']))
  const changes = allOf(fieldIsOneOf('kind', kinds), fieldIsOneOf('change', ['added', 'modified', 'deleted']))
  const wanted: Filter = anyOf(changes, ...(passing.length > 0 ? [comesOrGoes] : []))
  return namespace === undefined ? wanted : allOf(wanted, fieldIsOneOf('namespace', [namespace, '-']))
}

const questionOf = ({ from, to }: Span, filter: Filter, select: Question['select']): Question => ({
  logType: objectLog.name,
  range: { from: { at: from }, to: { at: to } },
  filter,
  reports: 'every',
  select,
})

/** Pages of versions, newest first, with turns for others in between; at most `most` in all. */
async function* pagesOf(store: Deps, span: Span, filter: Filter, most: number, options: AskOptions) {
  let left = most
  let cursor: string | undefined
  do {
    const sort = { field: objectLog.time, descending: true }
    const select = {
      kind: 'rows',
      sort,
      limit: Math.min(left, pageRows),
      ...(cursor !== undefined && { cursor }),
    } as const
    const { answer } = await store.ask(questionOf(span, filter, select), options)
    if (answer.kind !== 'rows') throw new Error('BUG: asked for rows, got groups')
    left -= answer.rows.length
    cursor = answer.cursor
    yield (answer.rows as readonly ObjectRow[]).flatMap((row) => versionOfRow(row) ?? [])
  } while (cursor !== undefined && left > 0)
}

async function versionsOf(...asked: Parameters<typeof pagesOf>): Promise<readonly ObjectVersion[]> {
  const found: ObjectVersion[] = []
  for await (const page of pagesOf(...asked)) found.push(...page)
  return found
}

/** The newest versions, as many as may be read, without those of the second in which the reading stopped. */
async function newestVersions(store: Deps, asked: ChangesAsked, options: AskOptions) {
  const found = await versionsOf(store, asked, wantedFilter(asked), asked.most + 1, options)
  const from = found.length > asked.most ? found.at(-1)!.time + 1 : asked.from
  const versions = found.filter(({ time }) => time >= from).sort((a, b) => a.sequence - b.sequence)
  return { versions, from }
}

/** First changes of objects that leave open what these were before. */
function openBefore(versions: readonly ObjectVersion[]): readonly ObjectVersion[] {
  const first = new Map<string, ObjectVersion>()
  for (const version of versions) if (!first.has(version.object.uid)) first.set(version.object.uid, version)
  return [...first.values()].filter(({ change }) => change === 'modified')
}

/** Versions of the object before this one. */
const earlier = ({ object, sequence }: ObjectVersion): Filter =>
  allOf(fieldIs('uid', object.uid), {
    kind: 'range',
    field: literal('sequence'),
    comparison: '<',
    value: literal(String(sequence)),
  })

/** Of each object the version before a change: found by its number first, for documents are what costs. */
async function versionsBefore(
  store: Deps,
  changes: readonly ObjectVersion[],
  span: Span,
  options: AskOptions,
): Promise<readonly ObjectVersion[]> {
  const ofObjects = anyOf(...changes.map(earlier))
  const { answer } = await store.ask(
    questionOf(span, ofObjects, {
      kind: 'groups',
      by: [{ field: 'uid' }],
      measures: { sequence: { max: 'sequence' } },
      limit: changes.length,
    }),
    options,
  )
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  const last = answer.groups.map(({ measures }) => String(measures['sequence']))
  if (last.length === 0) return []
  return versionsOf(store, span, allOf(ofObjects, fieldIsOneOf('sequence', last)), last.length, options)
}

const stored = ({ object, origin, time }: ObjectVersion): StoredObject => ({ ...object, origin, seenAt: time })

/** The versions that stood before the first changes, by uid. They may lie in the span itself, where its server started. */
async function standing(store: Deps, changes: readonly ObjectVersion[], { from, to }: Span, options: AskOptions) {
  const found = new Map<string, StoredObject>()
  if (changes.length === 0) return found
  const last = (await lastWritten(store, from)) ?? from
  const span = { from: last - lookBackSeconds, to }
  for (let at = 0; at < changes.length; at += objectsAtOnce) {
    for (const version of await versionsBefore(store, changes.slice(at, at + objectsAtOnce), span, options)) {
      if (version.change !== 'deleted') found.set(version.object.uid, stored(version))
    }
  }
  return found
}

/** Changes with the versions before. Pure; `before` is what stood at the beginning, by uid. */
function withBefore(
  versions: readonly ObjectVersion[],
  before: ReadonlyMap<string, StoredObject>,
): readonly ObjectChange[] {
  const now = new Map(before)
  return versions.flatMap((version): ObjectChange | readonly [] => {
    const { time, sequence, change } = version
    if (change === 'present') return []
    const object = stored(version)
    const old = change === 'modified' ? now.get(object.uid) : undefined
    now.set(object.uid, object)
    return { time, sequence, change, object, ...(old && { before: old }) }
  })
}

/** Reads what changed. Rejects with a StoreError. */
export async function readChanges(store: Deps, asked: ChangesAsked): Promise<FoundChanges> {
  const options: AskOptions = { now: asked.to, limits: 'export' }
  const { versions, from } = await newestVersions(store, asked, options)
  return { changes: withBefore(versions, await standing(store, openBefore(versions), asked, options)), from }
}

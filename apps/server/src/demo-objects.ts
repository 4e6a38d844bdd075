// The invented cluster's objects as the object log has them: all of them at the beginning of its day, and a version of each
// that changed whenever the story changes something. Pure; who keeps the rows is demo.ts.
import type { ObjectRow } from '@margay/model'
import type { Story } from '@margay/traffic'
import type { ClusterObject, ObjectChangeKind } from './objects/object.ts'
import { documentText, rowOfVersion } from './objects/object-row.ts'
import { readClusterObject } from './objects/read-object.ts'

/** Versions of one moment keep their order by this; there are fewer objects than that. */
const perSecond = 1_000_000

function objectsAt(story: Story, time: number): ReadonlyMap<string, ClusterObject> {
  const objects = story.objectsAt(time).map((document) => {
    const read = readClusterObject(document)
    if (read.kind !== 'object')
      throw new Error(`BUG: the story's ${document.kind} ${document.metadata.name} is no object`)
    return read.object
  })
  return new Map(objects.map((object) => [object.uid, object]))
}

type Change = readonly [change: ObjectChangeKind, object: ClusterObject]

/** What is different, those that are gone first, so that a name is free before it is taken again. */
function changesBetween(
  before: ReadonlyMap<string, ClusterObject>,
  after: ReadonlyMap<string, ClusterObject>,
): Change[] {
  const gone = [...before.values()].filter(({ uid }) => !after.has(uid))
  const other = [...after.values()].flatMap((object): Change[] => {
    const known = before.get(object.uid)
    if (!known) return [['added', object]]
    return documentText(known) === documentText(object) ? [] : [['modified', object]]
  })
  return [...gone.map((object): Change => ['deleted', object]), ...other]
}

/** Rows of the object log from `from` on, Unix seconds, up to the opening of the story. */
export function demoObjectRows(story: Story, from: number): ObjectRow[] {
  const rows: ObjectRow[] = []
  const write = (time: number, changes: readonly Change[]) =>
    changes.forEach(([change, object], at) =>
      rows.push(rowOfVersion({ object, origin: 'demo', change, time, sequence: time * perSecond + at }, story.cluster)),
    )
  let known = objectsAt(story, from)
  write(
    from,
    [...known.values()].map((object) => ['present', object]),
  )
  const moments = [...new Set(story.changes.map(({ at }) => at))].filter((at) => at > from).sort((a, b) => a - b)
  for (const moment of moments) {
    const after = objectsAt(story, moment)
    write(moment, changesBetween(known, after))
    known = after
  }
  return rows
}

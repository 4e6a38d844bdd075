// For tests of the API: objects and their history from YAML texts, each with the time at which it was applied. Same contract
// as the history that the server keeps.
import { parseAllDocuments } from 'yaml'
import { objectNameOf } from '../api/cluster/document.ts'
import type { Document, ObjectVersion, VersionChange, Versions } from '../api/cluster/versions.ts'

export interface TestVersions extends Versions {
  /** Applies objects as they are from `time` on, Unix seconds; times never go back. */
  apply(yaml: string, time: number): void
  remove(kind: string, name: string, time: number): void
}

function uidOf(document: Document): string {
  const { kind, namespace, name } = objectNameOf(document)
  return `${kind}/${namespace ?? ''}/${name}`
}

export function createTestVersions(): TestVersions {
  const present = new Map<string, ObjectVersion>()
  const changes: VersionChange[] = []
  let list: readonly ObjectVersion[] = []

  const note = (uid: string, time: number, after: ObjectVersion | undefined) => {
    const before = present.get(uid)
    changes.push({ time, ...(before && { before }), ...(after && { after }) })
    if (after) present.set(uid, after)
    else present.delete(uid)
    list = [...present.values()]
  }
  return {
    apply(yaml, time) {
      for (const parsed of parseAllDocuments(yaml)) {
        const document = parsed.toJS() as Document | null
        if (document) note(uidOf(document), time, { uid: uidOf(document), time, document })
      }
    },
    remove(kind, name, time) {
      const uid = [...present.keys()].find((key) => key.startsWith(`${kind}/`) && key.endsWith(`/${name}`))
      if (uid === undefined) throw new Error(`BUG: no ${kind} ${name} to remove`)
      note(uid, time, undefined)
    },
    now: () => list,
    at(moment) {
      const then = new Map<string, ObjectVersion>()
      for (const { time, before, after } of changes) {
        if (time > moment) break
        if (after) then.set(after.uid, after)
        else if (before) then.delete(before.uid)
      }
      return Promise.resolve([...then.values()])
    },
    changes: ({ from, to }) => Promise.resolve(changes.filter(({ time }) => time >= from && time < to)),
  }
}

// For tests of the API: objects and their history from YAML texts, each with the time at which it was applied. Same contract
// as the history that the server keeps.
import { parseAllDocuments } from 'yaml'
import { objectNameOf } from '../api/cluster/document.ts'
import type { Document, ObjectChange, StoredObject, Versions } from '../api/cluster/versions.ts'

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
  const present = new Map<string, StoredObject>()
  const changes: ObjectChange[] = []
  let list: readonly StoredObject[] = []

  const note = (uid: string, time: number, after: StoredObject | undefined) => {
    const before = present.get(uid)
    const object = after ?? before!
    const change = after ? (before ? 'modified' : 'added') : 'deleted'
    changes.push({ time, change, object, ...(before && { before }) })
    if (after) present.set(uid, after)
    else present.delete(uid)
    list = [...present.values()]
  }
  return {
    apply(yaml, time) {
      for (const parsed of parseAllDocuments(yaml)) {
        const document = parsed.toJS() as Document | null
        const uid = document ? uidOf(document) : ''
        if (document) note(uid, time, { uid, ...objectNameOf(document), seenAt: time, document })
      }
    },
    remove(kind, name, time) {
      const uid = [...present.keys()].find((key) => key.startsWith(`${kind}/`) && key.endsWith(`/${name}`))
      if (uid === undefined) throw new Error(`BUG: no ${kind} ${name} to remove`)
      note(uid, time, undefined)
    },
    now: () => list,
    at(moment) {
      const then = new Map<string, StoredObject>()
      for (const { time, change, object } of changes) {
        if (time > moment) break
        if (change === 'deleted') then.delete(object.uid)
        else then.set(object.uid, object)
      }
      return Promise.resolve([...then.values()])
    },
    changes: ({ from, to }) => Promise.resolve(changes.filter(({ time }) => time >= from && time < to)),
  }
}

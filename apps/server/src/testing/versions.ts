// For tests of the API: objects and their history from YAML texts, each with the time at which it was applied. Same contract
// as the history that the server keeps.
import { readYaml } from '../inventory/yaml-source.ts'
import type { ObjectChange, ObjectHistory, StoredObject } from '../objects/index.ts'

export interface TestVersions extends Pick<ObjectHistory, 'at' | 'present' | 'changes'> {
  /** Applies objects as they are from `time` on, Unix seconds; times never go back. */
  apply(yaml: string, time: number): void
  remove(kind: string, name: string, time: number): void
}

export function createTestVersions(): TestVersions {
  const present = new Map<string, StoredObject>()
  const changes: ObjectChange[] = []
  let list: readonly StoredObject[] = []

  const note = (object: StoredObject, change: ObjectChange['change'], time: number) => {
    const before = present.get(object.uid)
    changes.push({ time, sequence: changes.length, change, object, ...(before && { before }) })
    if (change === 'deleted') present.delete(object.uid)
    else present.set(object.uid, object)
    list = [...present.values()]
  }
  return {
    apply(yaml, time) {
      const { objects, problems } = readYaml(yaml)
      if (problems.length > 0) throw new Error(`objects of the test: ${problems.join('; ')}`)
      for (const object of objects) {
        const change = present.has(object.uid) ? 'modified' : 'added'
        note({ ...object, origin: 'files', seenAt: time }, change, time)
      }
    },
    remove(kind, name, time) {
      const object = list.find((each) => each.kind === kind && each.name === name)
      if (!object) throw new Error(`BUG: no ${kind} ${name} to remove`)
      note(object, 'deleted', time)
    },
    present: () => Promise.resolve(list),
    at(moment) {
      const then = new Map<string, StoredObject>()
      for (const { time, change, object } of changes) {
        if (time > moment) break
        if (change === 'deleted') then.delete(object.uid)
        else then.set(object.uid, object)
      }
      return Promise.resolve([...then.values()])
    },
    changes({ from, to, kinds, passing, namespace }) {
      const isWanted = ({ time, change, object: { kind, namespace: own } }: ObjectChange) =>
        time >= from &&
        time < to &&
        (kinds.includes(kind) || (passing.includes(kind) && change !== 'modified')) &&
        (namespace === undefined || own === undefined || own === namespace)
      return Promise.resolve({ changes: changes.filter(isWanted), from })
    },
  }
}

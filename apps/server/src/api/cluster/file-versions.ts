// Objects of YAML files as they are at the start of the server, in force since ever.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { objectNameOf } from './document.ts'
import type { Document, StoredObject, Versions } from './versions.ts'

export function createFileVersions(path: string | undefined): Versions {
  const files =
    path === undefined ? [] : statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path]
  const documents = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((parsed) => parsed.toJS() as Document | null),
  )
  const versions = documents.flatMap((document): StoredObject | readonly [] => {
    if (!document) return []
    const named = objectNameOf(document)
    return { uid: `${named.kind}/${named.namespace ?? ''}/${named.name}`, ...named, seenAt: 0, document }
  })
  return { now: () => versions, at: () => Promise.resolve(versions), changes: () => Promise.resolve([]) }
}

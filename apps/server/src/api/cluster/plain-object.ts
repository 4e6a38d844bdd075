// An object as its author would write it: without what the API server adds, so that it can be compared and applied again.
import { memberOf } from './document.ts'
import type { ObjectDocument } from '../../objects/index.ts'

const added = new Set(['managedFields', 'resourceVersion', 'uid', 'selfLink', 'generation', 'creationTimestamp'])
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

const without = (value: unknown, isLeftOut: (name: string) => boolean) =>
  Object.fromEntries(Object.entries((value ?? {}) as ObjectDocument).filter(([name]) => !isLeftOut(name)))

/** Annotations that kubectl keeps for itself are left out, and the list of them where none is left. */
function plainMetadata(document: ObjectDocument): ObjectDocument {
  const metadata = without(document['metadata'], (name) => added.has(name) || name === 'annotations')
  const annotations = without(memberOf(document, 'metadata', 'annotations'), (name) => name === lastApplied)
  return Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata
}

export function plainObject(document: ObjectDocument): Record<string, unknown> {
  const { metadata: _, status: __, apiVersion, kind, ...rest } = document
  return { apiVersion, kind, metadata: plainMetadata(document), ...rest }
}

// From a document, as a source gives it, to an object of ours. Only what identifies it is checked here; whoever uses a member
// reads it with its own care.
import { z } from 'zod'
import type { ClusterObject, ObjectDocument } from './object.ts'
import { groupOf } from './object.ts'
import { project } from './project.ts'

const identified = z.object({
  apiVersion: z.string().default('v1'),
  kind: z.string(),
  metadata: z.object({
    name: z.string().min(1),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    labels: z.record(z.string(), z.string()).catch({}).default({}),
    resourceVersion: z.string().optional(),
    generation: z.number().int().nonnegative().optional().catch(undefined),
  }),
})

export type ReadClusterObject =
  | { readonly kind: 'object'; readonly object: ClusterObject }
  /** A kind that nothing here has a use for. */
  | { readonly kind: 'other' }
  | { readonly kind: 'problem'; readonly problem: string }

/** What tells an object that has no uid, since somebody wrote it by hand, from others: kind and name. */
function handmadeUid(apiVersion: string, kind: string, namespace: string | undefined, name: string): string {
  const group = groupOf(apiVersion)
  return `${group === '' ? kind : `${kind}.${group}`}/${namespace ?? ''}/${name}`
}

const titleOf = ({ kind, metadata }: ObjectDocument): string => {
  const { name } = (metadata ?? {}) as { name?: unknown }
  return `${String(kind)} ${typeof name === 'string' ? name : 'without name'}`
}

/** Reads a document of any kind; the object holds its projection. */
export function readClusterObject(value: unknown): ReadClusterObject {
  const document = (value ?? {}) as ObjectDocument
  if (typeof document['kind'] !== 'string') return { kind: 'problem', problem: 'object has no kind' }
  const read = identified.safeParse(document)
  const projected = project({ apiVersion: 'v1', ...document })
  if (!projected) return { kind: 'other' }
  if (!read.success) {
    const issue = read.error.issues[0]
    return { kind: 'problem', problem: `${titleOf(document)}: ${issue?.path.join('.')} ${issue?.message}` }
  }
  const { apiVersion, kind, metadata } = read.data
  const { name, namespace, labels, resourceVersion, generation } = metadata
  return {
    kind: 'object',
    object: {
      uid: metadata.uid ?? handmadeUid(apiVersion, kind, namespace, name),
      apiVersion,
      kind,
      name,
      labels,
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(generation !== undefined && { generation }),
      document: projected,
    },
  }
}

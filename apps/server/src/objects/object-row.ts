// Versions of objects as rows of the object log, and back.
import type { ObjectRow } from '@margay/model'
import type { ClusterObject, ObjectChangeKind, ObjectDocument, ObjectOrigin } from './object.ts'

/** One version of an object, as the log has it. */
export interface ObjectVersion {
  readonly object: ClusterObject
  readonly origin: ObjectOrigin
  readonly change: ObjectChangeKind
  /** Unix seconds. */
  readonly time: number
  /** Orders versions, also of one second. */
  readonly sequence: number
}

/** The document's text, which is also what tells whether an object changed. */
export const documentText = ({ document }: Pick<ClusterObject, 'document'>): string => JSON.stringify(document)

export function rowOfVersion(version: ObjectVersion, cluster: string, text = documentText(version.object)): ObjectRow {
  const { object, origin, change, time, sequence } = version
  return {
    time,
    cluster,
    origin,
    change,
    kind: object.kind,
    api_version: object.apiVersion,
    namespace: object.namespace ?? '-',
    name: object.name,
    uid: object.uid,
    sequence,
    labels: Object.entries(object.labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
    object: text,
    ...(object.resourceVersion !== undefined && { resource_version: object.resourceVersion }),
    ...(object.generation !== undefined && { generation: object.generation }),
  }
}

const labelsOf = (labels: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(labels.map((label) => [label.slice(0, label.indexOf('=')), label.slice(label.indexOf('=') + 1)]))

function documentOf(text: string): ObjectDocument | undefined {
  try {
    return JSON.parse(text) as ObjectDocument
  } catch {
    return undefined
  }
}

/** The version that a row tells of; undefined for a row that no source of ours wrote. */
export function versionOfRow(row: ObjectRow): ObjectVersion | undefined {
  const { time, change, kind, api_version: apiVersion, name, uid } = row
  const document = documentOf(row.object ?? '')
  if (time === undefined || !change || !kind || !apiVersion || !name || !uid || !document) return undefined
  const namespace = row.namespace === '-' ? undefined : row.namespace
  return {
    time,
    sequence: Number(row.sequence ?? 0),
    change: change as ObjectChangeKind,
    origin: (row.origin ?? 'kubernetes') as ObjectOrigin,
    object: {
      uid,
      apiVersion,
      kind,
      name,
      labels: labelsOf(row.labels ?? []),
      document,
      ...(namespace !== undefined && { namespace }),
      ...(row.resource_version !== undefined && { resourceVersion: row.resource_version }),
      ...(row.generation !== undefined && { generation: Number(row.generation) }),
    },
  }
}

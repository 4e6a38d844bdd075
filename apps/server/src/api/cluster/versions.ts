// What the API needs of the history of Kubernetes objects: all that are there now, all that were there at a moment, and
// what changed in a range.

export type Document = Readonly<Record<string, unknown>>

/** One version of one object. The same version is the same value, so that what was worked out of it is found again. */
export interface StoredObject {
  readonly uid: string
  readonly apiVersion: string
  readonly kind: string
  /** Absent where the kind has none. */
  readonly namespace?: string
  readonly name: string
  readonly document: Document
  /** Unix seconds: the object is like this at least since then. */
  readonly seenAt: number
}

export interface ObjectChange {
  /** Unix seconds. */
  readonly time: number
  readonly change: 'added' | 'modified' | 'deleted'
  /** The version that came; for `deleted` the last one. */
  readonly object: StoredObject
  readonly before?: StoredObject
}

export interface Versions {
  now(): readonly StoredObject[]
  /** `moment` is Unix seconds. */
  at(moment: number): Promise<readonly StoredObject[]>
  /** In the order of time. `from` is inclusive, `to` exclusive, Unix seconds. */
  changes(range: { readonly from: number; readonly to: number }): Promise<readonly ObjectChange[]>
}

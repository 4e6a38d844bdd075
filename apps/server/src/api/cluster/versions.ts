// What the API needs of the history of Kubernetes objects: all that are there now, all that were there at a moment, and
// what changed in a range.

export type Document = Readonly<Record<string, unknown>>

/** One version of one object. The same version is the same value, so that what was worked out of it is found again. */
export interface ObjectVersion {
  readonly uid: string
  /** Unix seconds since when the object is like this, as far as is known. */
  readonly time: number
  /** The object as its source gave it, without what nobody needs. */
  readonly document: Document
}

export interface VersionChange {
  /** Unix seconds. */
  readonly time: number
  readonly before?: ObjectVersion
  /** Absent: the object is gone. */
  readonly after?: ObjectVersion
}

export interface Versions {
  now(): readonly ObjectVersion[]
  /** `moment` is Unix seconds. */
  at(moment: number): Promise<readonly ObjectVersion[]>
  /** In the order of time. `from` is inclusive, `to` exclusive, Unix seconds. */
  changes(range: { readonly from: number; readonly to: number }): Promise<readonly VersionChange[]>
}

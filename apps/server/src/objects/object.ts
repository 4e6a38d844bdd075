// A Kubernetes object as the server holds it: what identifies it, and its document cut down to what names, verdicts and
// people's questions need (project.ts). Sources make objects, sinks are told of them one by one.

/** Where objects are read. Each source owns what it said: another source's silence removes nothing. */
export type ObjectOrigin = 'kubernetes' | 'files' | 'demo'

/** `present` is no change: the object was found when its source started, or is repeated once a day. */
export type ObjectChangeKind = 'present' | 'added' | 'modified' | 'deleted'

/** A document as JSON has it, with `apiVersion`, `kind` and `metadata`. */
export type ObjectDocument = Readonly<Record<string, unknown>>

export interface ClusterObject {
  /** Tells the object from earlier and later ones of its name. */
  readonly uid: string
  readonly apiVersion: string
  readonly kind: string
  /** Absent where the kind has none. */
  readonly namespace?: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly resourceVersion?: string
  readonly generation?: number
  /** Without what changes all the time and means nothing here, so that equal documents are equal objects. */
  readonly document: ObjectDocument
}

/** Whoever follows the objects: the inventory, the judge. Called in order, in the ingest thread, and returns at once. */
export interface ObjectSink {
  /**
   * The object is as given from `at` on, Unix seconds; 0 where it was found like this and nobody knows since when. An object
   * whose uid was put before replaces what was said of it. `unseenSince`, Unix seconds: nobody watched from then to `at`,
   * so that the change came at some time between. `foundAt`, Unix seconds, with `at` 0: when it was found.
   */
  put(object: ClusterObject, at: number, unseenSince?: number, foundAt?: number): void
  /** The object with this uid is gone since `at`, or since some time after `unseenSince`. Unknown uids are ignored. */
  remove(uid: string, at: number, unseenSince?: number): void
}

/** Group of an `apiVersion`; empty for the core group. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''

/** `shop/web`, or `web` where the kind has no namespace. */
export const placeOf = ({ namespace, name }: Pick<ClusterObject, 'namespace' | 'name'>): string =>
  namespace === undefined ? name : `${namespace}/${name}`

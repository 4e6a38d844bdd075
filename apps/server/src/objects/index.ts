/** Kubernetes objects: what is kept of them, who is told, and what they were at any moment. */
export type { ChangesAsked, FoundChanges, ObjectChange } from './changes.ts'
export * from './history.ts'
export * from './object.ts'
export type { StoredObject } from './object-state.ts'
export type { Span } from './object-log.ts'

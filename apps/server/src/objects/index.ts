/** Kubernetes objects: what is kept of them, who is told, and what they were at any moment. */
export * from './history.ts'
export * from './object.ts'
export type { StoredObject } from './object-state.ts'
export type { Span } from './object-log.ts'

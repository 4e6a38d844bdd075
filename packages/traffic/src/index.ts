/** The seeded generator: one story for demo, bench and tests. */
export * from './emission.ts'
export type { KubernetesObject } from './objects.ts'
export * from './scaled.ts'
export * from './story.ts'

/** Who had which address when: Kubernetes objects and their history. */
export * from './endpoint.ts'
export * from './inventory.ts'
export { readObject, uidOf } from './objects.ts'
export type { KubernetesObject } from './objects.ts'
export * from './yaml-source.ts'

/** Who had which address when: Kubernetes objects and their history. */
export * from './endpoint.ts'
export * from './inventory.ts'
export type { Backend, Backends, Taker, Unbacked } from './services.ts'
export * from './yaml-source.ts'

/** The seeded generator: one story for demo, bench and tests. */
export { conversations, type Conversation, type Party } from './conversations.ts'
export * from './emission.ts'
export type { KubernetesObject } from './objects.ts'
export { siteOf, sites, type Site } from './outside.ts'
export { policiesAt, type Peer, type Policy, type Rule } from './policies.ts'
export * from './scaled.ts'
export * from './story.ts'
export {
  clusterName,
  serviceNameOf,
  workloadOf,
  workloads,
  type Program,
  type Workload,
  type WorkloadPort,
} from './workloads.ts'

/** The agent of one node; other apps start it as a process of its own. */
export { createCollection } from './collection.ts'
export { agentConfig } from './config.ts'
export type { AgentConfig } from './config.ts'

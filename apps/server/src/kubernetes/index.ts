/** The Kubernetes API: how it is reached, what it serves, and its objects as a source. */
export * from './access.ts'
export * from './client.ts'
export * from './config.ts'
export * from './open-access.ts'
export * from './source.ts'
export { type Unseen, unseenWords } from './state.ts'

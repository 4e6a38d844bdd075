/** The server is a process of its own; who starts it needs to read its options as it does. */
export { dataDirOf, serverConfig } from './config.ts'
export type { ServerConfig } from './config.ts'

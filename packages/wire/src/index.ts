/** What crosses a socket: agent records and frames, HTTP API schemas. */
export type * from './agent-record.ts'
export * from './api/fields.ts'
export * from './api/graph.ts'
export * from './api/health.ts'
export * from './api/ingest.ts'
export * from './api/problem.ts'
export * from './api/question.ts'
export * from './api/tail.ts'

/** What crosses a socket: agent records and frames, HTTP API schemas. */
export type * from './agent-record.ts'

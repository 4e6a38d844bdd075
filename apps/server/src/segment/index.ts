/** Rows made durable: the ingest thread and its parts. */
export * from './config.ts'
export * from './ingest-link.ts'
export type { IngestReport } from './ingest-protocol.ts'
export * from './ingest.ts'

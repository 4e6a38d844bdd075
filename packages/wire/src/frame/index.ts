/** The frame: what an agent sends and keeps in its spool. */
export * from './agent-protocol.ts'
export type { Column, Columns, NumberColumn, ValueColumn } from './column.ts'
export { valueAt } from './column.ts'
export * from './envelope.ts'
export * from './frame-error.ts'
export * from './frame.ts'

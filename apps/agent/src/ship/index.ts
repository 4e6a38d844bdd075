/** From collectors to the server: spool, frames, acknowledgements, live deltas. */
export * from './config.ts'
export * from './ship.ts'

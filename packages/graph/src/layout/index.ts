/** Where vertices stand: left to right in the direction of connections, and still. */
export * from './geometry.ts'
export * from './layered.ts'
export * from './layout.ts'

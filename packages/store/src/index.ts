/** Tables, migrations, compile, insert, select: the only room that knows SQL. */
export * from './embedded/store.ts'
export * from './errors.ts'
export * from './native/block-builder.ts'
export type * from './store.ts'

/** Tables, migrations, compile, insert, select: the only room that knows SQL. */
export type * from './store.ts'

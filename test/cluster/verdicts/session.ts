// What the parts of the court's suite share: the stand and, once its pods are ready, the court.
import type { Stand } from '../stand.ts'
import type { Court } from './court.ts'

/** Good inside tests and hooks, not where a suite is defined: nothing runs yet then. */
export interface Session extends Stand {
  readonly court: Court
}

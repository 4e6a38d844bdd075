/** What policies and their rules did, and which of them did nothing. */
export * from './activity.ts'
export * from './of-cluster.ts'
export * from './policy-use.ts'
export * from './read-activity.ts'

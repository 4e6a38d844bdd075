/** The words of Margay: log types, field kinds, rows and their JSON form, addresses, policy hits. */
export * from './exemplar.ts'
export * from './failed.ts'
export * from './field.ts'
export * from './ip.ts'
export * from './json.ts'
export * from './kind.ts'
export * from './log-types/index.ts'
export * from './policy-hit.ts'

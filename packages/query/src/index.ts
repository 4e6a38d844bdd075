/** The question: filter tree, KQL, bind, match in memory. Knows no SQL. */
export * from './bound.ts'
export * from './filter.ts'
export * from './question.ts'

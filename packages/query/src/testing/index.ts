/** For tests of this and other packages: rows and filters of any log type, and what they mean by the book. */
export * from './arbitraries.ts'
export { referenceMatch } from './reference.ts'
export { specimenLog } from './specimen.ts'

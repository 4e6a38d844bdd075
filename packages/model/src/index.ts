export * from './policy-hit.ts'

export * from './objects/parse.ts'

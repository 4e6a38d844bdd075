// What other rooms' tests may use: random clusters, policies and flows.
export { anyDocuments, anyFlow, type Dialect, runs } from './arbitrary.ts'

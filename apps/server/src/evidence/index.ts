// Evidence: what rules of nodes said, turned into policies.
export { createKnownPolicies, noPolicies } from './known-policies.ts'
export type { Known, KnownPolicies, KnownPolicy } from './known-policies.ts'
export { refusedBy, resolveMarks } from './resolve-marks.ts'
export type { MarkContext, ResolvedMarks } from './resolve-marks.ts'
export { placeRefusal } from './place-refusal.ts'
export { noEndpoints } from './no-endpoints.ts'
export { takeOverTrace } from './record.ts'

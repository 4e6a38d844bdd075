/** Gives each report of a flow its verdict, with evidence, by the policies of its moment. */
export { agreed } from './agreed.ts'
export { createActivity } from './activity.ts'
export type { Activity } from './activity.ts'
export { createJudge } from './judge.ts'
export { podBlocksOf } from './world.ts'
export type { Judge, JudgeConfig, JudgeDeps, JudgeState } from './judge.ts'

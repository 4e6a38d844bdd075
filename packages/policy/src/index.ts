// What the package offers: snapshots from documents, verdicts, explanations, simulations, recommendations, findings; and
// the values that these are made of.
export { type Address, type Cidr, contains, parseAddress, parseCidr, printAddress, printCidr } from './net/address.ts'

export type { Labels, Selector } from './selector/ast.ts'
export { prefixLabels } from './selector/ast.ts'
export { describeSelector } from './selector/kubernetes.ts'
export { compileSelector, matchSelector } from './selector/match.ts'
export { type ParsedSelector, parseSelector } from './selector/parse.ts'
export { printSelector, selectorId } from './selector/print.ts'
export { type Restriction, restrictions } from './selector/restrict.ts'
export { tokenize } from './selector/token.ts'

export { type ParsedSnapshot, parseSnapshot, policyKinds } from './objects/parse.ts'
export { blocksOf, domainsOf } from './objects/blocks.ts'
export { findCovered, type Names } from './objects/domains.ts'
export type { Issue } from './objects/place.ts'
export { type Direction, type DomainPattern, type Entity, type Policy, policyKey, type Rule } from './objects/policy.ts'
export { protocolName, protocolNumber } from './objects/ports.ts'
export { carriesPorts } from './evaluate/match-entity.ts'
export { printPolicy } from './objects/print.ts'
export { unreadPolicy } from './objects/unread.ts'
export * from './objects/snapshot.ts'

export * from './evaluate/flow.ts'
export { evaluate, evaluatePrepared } from './evaluate/evaluate.ts'
export { prepare, type Prepared } from './evaluate/prepare.ts'

export { type Change, changeKey, type Keyed, type ReplaceableList } from './index/change.ts'
export { createEngine, createEngineInSteps, type Engine, type EngineConfig, type Followed } from './index/engine.ts'
export { createFeed, type Feed, type Step } from './index/feed.ts'

export {
  decisionWords,
  type DirectionExplanation,
  explain,
  type Explanation,
  printExplanation,
} from './explain/explain.ts'
export type { Fix, Near } from './explain/fix.ts'
export { policyName, ruleWords, selectorWords } from './explain/words.ts'

export {
  changeName,
  type ChangedVerdict,
  changeReason,
  simulate,
  simulateInSteps,
  type Simulation,
} from './simulate/simulate.ts'
export { flowWords, nothingChanges, printSimulation, simulationExitCode } from './simulate/print.ts'

export {
  printRecommendationNotes,
  recommend,
  type Recommendation,
  type RecommendOptions,
} from './recommend/recommend.ts'

export { type Finding, lint, type LintCheck, lintExitCode, printFindings } from './lint/lint.ts'

// Why a flow is allowed, denied, or not to be told: sentences with the rules' own words, the rule that was nearest to
// admitting it, and the smallest change that would. The rule named as deciding is the trace's, always.
import { type Ends, resolveEnds } from '../evaluate/ends.ts'
import { evaluatePrepared } from '../evaluate/evaluate.ts'
import type { DirectionResult, Evaluation, Flow, MissingFact, Mode, Verdict } from '../evaluate/flow.ts'
import type { Lookup } from '../evaluate/lookup.ts'
import { prepare, type Prepared } from '../evaluate/prepare.ts'
import type { Direction, Policy } from '../objects/policy.ts'
import { protocolName } from '../objects/ports.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { decidingAlias } from './alias.ts'
import { differences, shortTitle } from './difference.ts'
import { findFix, type Fix, type Near } from './fix.ts'
import { policyName, ruleWords } from './words.ts'

export interface DirectionExplanation {
  readonly direction: Direction
  readonly endpoint: string
  readonly verdict: Verdict
  /** One sentence, in clauses. */
  readonly sentence: string
  /** Among the rules that did not match, the one with the fewest differences. */
  readonly nearest?: Near
  /** Tried: under it this direction is allowed. */
  readonly fix?: Fix
}

export interface Explanation {
  readonly evaluation: Evaluation
  /** `shop/checkout to shop/payments, tcp port 8080: denied`. */
  readonly headline: string
  readonly directions: readonly DirectionExplanation[]
}

const policyWord = (policy: Policy) => (policy.staged ? `staged ${policyName(policy)}` : policyName(policy))

const list = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

const sourceWord = (direction: Direction) => (direction === 'ingress' ? 'ingress to' : 'egress from')

/** Rules of the policies that could have admitted the flow, with what it lacks. */
function nearRules(
  policies: readonly Policy[],
  direction: Direction,
  flow: Flow,
  ends: Ends,
  lookup: Lookup,
): readonly Near[] {
  return policies
    .flatMap((policy) =>
      (policy[direction] ?? []).flatMap((rule, index): Near | readonly [] =>
        rule.action === 'allow' ? { policy, rule, index, differences: differences(rule, flow, ends, lookup) } : [],
      ),
    )
    .filter((near) => near.differences.length > 0)
    .sort((a, b) => a.differences.length - b.differences.length)
}

/** More rules than this make a sentence nobody reads; the nearest are told. */
const mostRulesTold = 3

function nearWords(near: readonly Near[], policies: readonly Policy[]): readonly string[] {
  const told = near.slice(0, mostRulesTold).map(({ policy, rule, differences }) => {
    const of = policies.length > 1 ? ` of ${policyWord(policy)}` : ''
    return `rule ${rule.number}${of} ${differences.map((each) => each.text).join(' and ')}`
  })
  const left = near.length - told.length
  return left > 0 ? [...told, `${left} more ${left === 1 ? 'rule' : 'rules'} differ further`] : told
}

function passWords(result: DirectionResult): readonly string[] {
  return result.trace
    .filter((hit) => hit.action === 'pass')
    .map((hit) =>
      hit.rule === 'none'
        ? `tier ${hit.tier} matches nothing and passes`
        : `tier ${hit.tier}: rule ${hit.rule} of ${policyName(hit)} passes`,
    )
}

function decisionClauses(result: DirectionResult, near: readonly Near[]): readonly string[] {
  const { decision, direction } = result
  switch (decision.by) {
    case 'rule': {
      const { policy, rule } = decision
      const verb = rule.action === 'allow' ? 'allows' : 'denies'
      return [`tier ${policy.tier}: rule ${rule.number} of ${policyWord(policy)} ${verb} it (${ruleWords(rule)})`]
    }
    case 'end-of-tier': {
      const { tier, isolating } = decision
      const isolates = `tier ${tier} isolates it by ${list(isolating.map(policyWord))}`
      const hasRules = isolating.some((policy) => (policy[direction] ?? []).length > 0)
      const none = hasRules
        ? 'no rule matches'
        : `${isolating.length > 1 ? 'they have' : 'it has'} no rule for ${direction}`
      return [isolates, ...nearWords(near, isolating), `${none}, the end of tier ${tier} denies`]
    }
    case 'profile':
      if (result.verdict === 'deny') return ['no policy decides and no profile of it matches, so it is denied']
      return [`no policy decides; profile ${decision.profile} allows`]
    case 'exemption':
      return [decision.reason]
    case 'missing-fact':
      return [`cannot tell: ${list(result.missing.map(factWords))}`]
  }
}

/** Where the deciding rule has another name than the client: how the two are one. */
function aliasClauses({ decision }: DirectionResult, { destination }: Ends, lookup: Lookup): readonly string[] {
  const alias = decision.by === 'rule' ? decidingAlias(decision.rule, destination, lookup) : undefined
  if (alias === undefined) return []
  return [`${shortTitle(destination)} is ${alias}, by CNAME from ${destination.names.domains.join(' or ')}`]
}

const factWords = ({ kind, text }: MissingFact) => `${text} ${kind === 'unevaluated' ? 'not evaluated' : 'not known'}`

/** The policies that a change would be made in: those that isolate, or the one whose rule denied. */
function changeable(result: DirectionResult): readonly Policy[] {
  const { decision } = result
  if (decision.by === 'end-of-tier') return decision.isolating
  return decision.by === 'rule' && decision.rule.action === 'deny' ? [decision.policy] : []
}

function explainDirection(
  result: DirectionResult,
  flow: Flow,
  ends: Ends,
  lookup: Lookup,
  snapshot: Snapshot,
  mode: Mode,
): DirectionExplanation {
  const { direction, endpoint, verdict } = result
  const policies = verdict === 'deny' ? changeable(result) : []
  const near = nearRules(policies, direction, flow, ends, lookup)
  const clauses = [...passWords(result), ...decisionClauses(result, near), ...aliasClauses(result, ends, lookup)]
  const [nearest] = near
  const isEnd = endpoint === (direction === 'ingress' ? ends.destination : ends.source).title
  const fix = policies.length > 0 && isEnd ? findFix(near, policies, flow, ends, direction, snapshot, mode) : undefined
  return {
    direction,
    endpoint,
    verdict,
    sentence: `${sourceWord(direction)} ${endpoint.replace(/^pod /, '')}: ${clauses.join('; ')}`,
    ...(nearest && { nearest }),
    ...(fix && { fix }),
  }
}

const verdictWords: Record<Verdict, string> = { allow: 'allowed', deny: 'denied', unknown: 'cannot tell' }

function headlineOf(flow: Flow, ends: Ends, verdict: Verdict): string {
  const port = flow.port === undefined ? '' : ` port ${flow.port}`
  return `${shortTitle(ends.source)} to ${shortTitle(ends.destination)}, ${protocolName(flow.protocol)}${port}: ${verdictWords[verdict]}`
}

/** Judges the flow and says why. Who explains many flows of one snapshot prepares it once. */
export function explain(
  flow: Flow,
  snapshot: Snapshot,
  mode: Mode = 'enforced',
  prepared: Prepared = prepare(snapshot),
): Explanation {
  const ends = resolveEnds(flow, prepared.lookup)
  const evaluation = evaluatePrepared(flow, prepared, mode)
  const { source, destination, hops } = evaluation
  const results = [source, ...hops, destination].flatMap((result) => result ?? [])
  return {
    evaluation,
    headline: headlineOf(flow, ends, evaluation.verdict),
    directions: results.map((result) => explainDirection(result, flow, ends, prepared.lookup, snapshot, mode)),
  }
}

/** The explanation as lines of text, ready to print. */
export function printExplanation(explanation: Explanation): string {
  const lines = explanation.directions.flatMap(({ sentence, fix }) => [
    sentence,
    ...(fix ? [`  to admit it: ${fix.text}`] : []),
  ])
  return [explanation.headline, ...lines].join('\n')
}

/** What decided, in a few words: for tables of many flows. */
export function decisionWords(result: DirectionResult): string {
  return `${result.direction}: ${decisionClauses(result, []).join('; ')}`
}

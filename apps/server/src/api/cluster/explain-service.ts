// A flow to one of several ends explained, when nobody says which: to a service's own address, which stands for its endpoints,
// and to a domain name, which stands for its addresses. Where policies say the same of all, that is the answer; else it cannot
// be told, and which of them are allowed and which are denied is.
import { printSocketAddress } from '@margay/model'
import type { DirectionResult, Evaluation, Flow, Verdict } from '@margay/policy'
import { evaluatePrepared, protocolName } from '@margay/policy'
import type { ExplainedDirection, PolicyExplanation } from '@margay/wire'
import { agreed } from '../../judge/index.ts'
import type { AsOfState } from './as-of.ts'
import type { AskedEnd } from './asked-ends.ts'
import type { AskedFlow } from './explain-flow.ts'
import { explainFlow } from './explain-flow.ts'
import { hitJson, policyFinder } from './explanation.ts'
import { endWords } from './flow-ends.ts'
import type { Dialled } from './service-ends.ts'
import { serviceEndsOf } from './service-ends.ts'
import type { ClusterState } from './state.ts'

type Mode = PolicyExplanation['mode']

const verdictWords = { allow: 'allowed', deny: 'denied', unknown: 'cannot tell' } as const

/** What may have been meant. */
interface Choice {
  /** `pay/api`, of which there are endpoints. */
  readonly of: string
  /** `service pay/api at 10.96.0.9`. */
  readonly title: string
  /** How the name came to stand for them: `10.96.0.9:80 is service pay/api`. */
  readonly note: string
  /** What they are: one, and several. */
  readonly kind: readonly [one: string, several: string]
  /** The flow to each; one at least. */
  readonly flows: readonly Flow[]
}

/** One direction as it is whichever endpoint it was; `told` is of one of them. */
function directionOf(
  told: ExplainedDirection,
  { verdict, trace, decision, missing }: DirectionResult,
  of: string,
  state: ClusterState,
): ExplainedDirection {
  // What nobody read makes it unknown whatever was read.
  if (decision.by !== 'missing-fact' || told.verdict === 'unknown') return told
  const { fix: _ofOne, ...rest } = told
  const where = told.direction === 'egress' ? `egress from ${told.endpoint}` : `ingress to an endpoint of ${of}`
  const why = missing.map(({ text }) => text).join('; ')
  const sentence =
    verdict === 'unknown'
      ? `${where} cannot be told (${why}); ${told.sentence}`
      : `${where} is ${verdictWords[verdict]}, by one rule or another as the endpoint is`
  return {
    ...rest,
    verdict,
    sentence,
    decision: { by: 'missing-fact', policies: [] },
    trace: trace.map((hit) => hitJson(hit, policyFinder(state))),
    missing: missing.map(({ kind, text }) => ({ kind, text })),
  }
}

/** The same of all: one of them speaks, and it is said for whom. */
const sameNote = ({ note, kind: [one, several], flows }: Choice, speaking: Flow): string =>
  `${note}; judged as ${endWords(speaking.destination)}` +
  (flows.length > 1 ? `, one of ${flows.length} ${several} of which policies say the same` : `, its ${one}`)

/** More names make a note that nobody reads. */
const mostNames = 5

function namesWords(names: readonly string[]): string {
  const left = names.length - mostNames
  return names.slice(0, mostNames).join(', ') + (left > 0 ? ` and ${left} more` : '')
}

/** `allowed at pay/a and denied at pay/b`: which of them it would have to be. */
function eachNote({ note, flows }: Choice, evaluations: readonly Evaluation[]): string {
  const named = Map.groupBy(flows.keys(), (at) => evaluations[at]!.verdict)
  const at = (verdict: Verdict) => (named.get(verdict) ?? []).map((index) => endWords(flows[index]!.destination))
  const parts = (['allow', 'deny', 'unknown'] as const).flatMap((verdict) =>
    named.has(verdict) ? `${verdictWords[verdict]} at ${namesWords(at(verdict))}` : [],
  )
  return `${note}; ${parts.join(', ')}`
}

const sidesOf = ({ source, destination }: Evaluation) => [source, destination].filter((side) => side !== undefined)

function explainChoice(found: AsOfState, choice: Choice, { flow, notes }: AskedFlow, mode: Mode): PolicyExplanation {
  const { state } = found
  const { flows, of, title } = choice
  const evaluations = flows.map((each) => evaluatePrepared(each, state.prepared, mode))
  const joint = agreed(evaluations, of)
  // The one of which most is said: another may be under no policy.
  const most = Math.max(...evaluations.map((each) => sidesOf(each).length))
  const speaking = flows[evaluations.findIndex((each) => sidesOf(each).length === most)]!
  const told = explainFlow(found, { flow: speaking, notes: [] }, mode)
  const directions = told.directions.map((each) => {
    const result = sidesOf(joint).find(({ direction }) => direction === each.direction)
    return result ? directionOf(each, result, of, state) : each
  })
  const isSame = directions.every((each, index) => each === told.directions[index])
  if (isSame) return { ...told, notes: [...notes, sameNote(choice, speaking), ...told.notes] }
  const verdict = told.verdict === 'unknown' ? told.verdict : joint.verdict
  const port = flow.port === undefined ? '' : ` port ${flow.port}`
  const headline = `${endWords(flow.source)} to ${title}, ${protocolName(flow.protocol)}${port}: ${verdictWords[verdict]}`
  const { address } = told.destination
  return {
    ...told,
    verdict,
    evidence: verdict === 'unknown' ? 'unknown' : 'evaluated',
    headline,
    text: [headline, ...directions.map(({ sentence }) => sentence)].join('\n'),
    destination: { words: title, ...(address !== undefined && { address }) },
    ...(flow.port !== undefined && { port: flow.port }),
    directions,
    missing: directions.flatMap(({ missing }) => missing),
    notes: [...notes, eachNote(choice, evaluations), ...told.notes],
  }
}

/** Nodes refuse or drop what is sent there, so that no policy is asked; it says nothing of a policy. */
export function explainUnbacked(found: AsOfState, service: string, asked: AskedFlow, mode: Mode): PolicyExplanation {
  const end = { unnamed: `an endpoint of ${service}` }
  const note = `service ${service} has no endpoints: whoever dials it is refused before any policy is asked`
  return explainFlow(found, { flow: { ...asked.flow, destination: end }, notes: [...asked.notes, note] }, mode)
}

/** As `explainFlow`, of an address as it was dialled: a service's own stands for its endpoints. */
export function explainDialled(
  found: AsOfState,
  asked: AskedFlow,
  dialled: Dialled | undefined,
  mode: Mode,
): PolicyExplanation {
  const ends = serviceEndsOf(found.state, asked.flow, dialled)
  if (!ends || !dialled) return explainFlow(found, asked, mode)
  const { service, flows } = ends
  const note = `${printSocketAddress(dialled)} is service ${service}`
  const kind = ['endpoint', 'endpoints'] as const
  const choice = { of: service, title: `service ${service} at ${dialled.ip}`, note, kind, flows }
  return explainChoice(found, choice, asked, mode)
}

/** As `explainFlow`, of a destination by its domain name: each address that it was seen to have. */
export function explainDomain(
  found: AsOfState,
  asked: AskedFlow,
  { name, ends }: NonNullable<AskedEnd['domain']>,
  mode: Mode,
): PolicyExplanation {
  const flows = ends.map((destination) => ({ ...asked.flow, destination }))
  const note = `in the hour before, ${name} was seen at ${ends.map(endWords).join(', ')}`
  const kind = ['address', 'addresses'] as const
  return explainChoice(found, { of: name, title: name, note, kind, flows }, asked, mode)
}

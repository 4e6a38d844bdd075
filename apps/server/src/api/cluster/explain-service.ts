// A flow to a service's own address explained: as to each of its endpoints where policies say the same of all, else that it
// cannot be told which of them it was.
import type { DirectionResult } from '@margay/policy'
import { evaluatePrepared, protocolName } from '@margay/policy'
import type { ExplainedDirection, PolicyExplanation } from '@margay/wire'
import { agreed } from '../../judge/index.ts'
import type { AsOfState } from './as-of.ts'
import type { AskedFlow } from './explain-flow.ts'
import { explainFlow } from './explain-flow.ts'
import { hitJson, policyFinder } from './explanation.ts'
import { endWords } from './flow-ends.ts'
import type { Dialled, ServiceEnds } from './service-ends.ts'
import { serviceEndsOf } from './service-ends.ts'
import type { ClusterState } from './state.ts'

const verdictWords = { allow: 'allowed', deny: 'denied', unknown: 'cannot tell' } as const

/** One direction as it is whichever endpoint it was; `told` is of one of them. */
function directionOf(
  told: ExplainedDirection,
  { verdict, trace, decision, missing }: DirectionResult,
  service: string,
  state: ClusterState,
): ExplainedDirection {
  // What nobody read makes it unknown whatever was read.
  if (decision.by !== 'missing-fact' || told.verdict === 'unknown') return told
  const { fix: _ofOne, ...rest } = told
  const where = told.direction === 'egress' ? `egress from ${told.endpoint}` : `ingress to an endpoint of ${service}`
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
const noteOf = ({ service, flows }: ServiceEnds, { ip }: Dialled, one: string): string =>
  `${ip} is an address of service ${service}; judged as ${one}` +
  (flows.length > 1 ? `, one of ${flows.length} endpoints of which policies say the same` : ', its endpoint')

function explainEnds(
  found: AsOfState,
  ends: ServiceEnds,
  dialled: Dialled,
  { flow, notes }: AskedFlow,
  mode: PolicyExplanation['mode'],
): PolicyExplanation {
  const { state } = found
  const { service, flows } = ends
  const evaluations = flows.map((each) => evaluatePrepared(each, state.prepared, mode))
  const joint = agreed(evaluations, service)
  // The one of which most is said: another may be under no policy.
  const most = Math.max(...evaluations.map(({ source, destination }) => Number(!!source) + Number(!!destination)))
  const speaking = evaluations.findIndex(({ source, destination }) => Number(!!source) + Number(!!destination) === most)
  const one = flows[speaking]!
  const told = explainFlow(found, { flow: one, notes: [] }, mode)
  const results = [joint.source, joint.destination].filter((result) => result !== undefined)
  const directions = told.directions.map((each) => {
    const result = results.find(({ direction }) => direction === each.direction)
    return result ? directionOf(each, result, service, state) : each
  })
  const isSame = directions.every((each, index) => each === told.directions[index])
  if (isSame) return { ...told, notes: [...notes, noteOf(ends, dialled, endWords(one.destination)), ...told.notes] }
  const verdict = told.verdict === 'unknown' ? told.verdict : joint.verdict
  const words = `service ${service} at ${dialled.ip}`
  const headline = `${endWords(flow.source)} to ${words}, ${protocolName(flow.protocol)} port ${dialled.port}: ${verdictWords[verdict]}`
  return {
    ...told,
    verdict,
    evidence: verdict === 'unknown' ? 'unknown' : 'evaluated',
    headline,
    text: [headline, ...directions.map(({ sentence }) => sentence)].join('\n'),
    destination: { words, address: dialled.ip },
    port: dialled.port,
    directions,
    missing: directions.flatMap(({ missing }) => missing),
    notes: [...notes, ...told.notes],
  }
}

/** As `explainFlow`, of an address as it was dialled: a service's own stands for its endpoints. */
export function explainDialled(
  found: AsOfState,
  asked: AskedFlow,
  dialled: Dialled | undefined,
  mode: PolicyExplanation['mode'],
): PolicyExplanation {
  const ends = serviceEndsOf(found.state, asked.flow, dialled)
  return ends && dialled ? explainEnds(found, ends, dialled, asked, mode) : explainFlow(found, asked, mode)
}

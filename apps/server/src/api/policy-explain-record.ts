// A stored record explained: what was observed of it, and what the policies of its moment say. A record is an interval, and
// objects may change within it: where its beginning knows an end or gives the verdict that was recorded, that counts, else
// its end.
import type { PolicyHit, Row } from '@margay/model'
import { parsePolicyHit, sortHits } from '@margay/model'
import type { Flow, Verdict } from '@margay/policy'
import { carriesPorts, protocolName, protocolNumber } from '@margay/policy'
import type { PolicyExplanation } from '@margay/wire'
import { ApiError } from '../http/problem.ts'
import type { AsOfState } from './cluster/as-of.ts'
import { stateAsOf } from './cluster/as-of.ts'
import type { AskedFlow } from './cluster/explain-flow.ts'
import { modeOf } from './cluster/explain-flow.ts'
import { explainDialled } from './cluster/explain-service.ts'
import { endJson, hitJson, policyFinder } from './cluster/explanation.ts'
import { endsOfRow, endWords, namesOfRow } from './cluster/flow-ends.ts'
import type { Dialled } from './cluster/service-ends.ts'
import type { ClusterState } from './cluster/state.ts'
import type { Asked, HandlerDeps } from './context.ts'
import { readFlowRecord } from './flow-record.ts'

type RecordBody = Extract<Asked<'policyExplain'>['body'], { readonly record: unknown }>
type Recorded = NonNullable<PolicyExplanation['recorded']>

function protocolOf(row: Row): number {
  const number = protocolNumber(row.proto)
  if (number) return number
  throw new ApiError(
    'bad_request',
    `record: proto ${String(row.proto ?? 'is missing')}; tcp, udp or a number is expected`,
  )
}

function flowOfRow(state: ClusterState, row: Row): AskedFlow {
  const protocol = protocolOf(row)
  const { source, destination } = endsOfRow(state, row)
  const port = carriesPorts(protocol) && typeof row.dest_port === 'number' ? row.dest_port : undefined
  const flow: Flow = {
    source: source.end,
    destination: { ...destination.end, ...namesOfRow(row) },
    protocol,
    ...(port !== undefined && { port }),
  }
  return { flow, notes: [source, destination].flatMap(({ note }) => note ?? []) }
}

/** The address that a record is to, which is a service's own where no translation was seen. */
const dialledOf = ({ dest_ip: ip, dest_port: port }: Row): Dialled | undefined =>
  typeof ip === 'string' && typeof port === 'number' ? { ip, port } : undefined

const hitsField = { enforced: 'policies.enforced_policies', pending: 'policies.pending_policies' } as const

function hitsOf(row: Row, field: string): readonly PolicyHit[] {
  const texts = Array.isArray(row[field]) ? (row[field] as readonly unknown[]) : []
  return sortHits(texts.flatMap((text) => parsePolicyHit(String(text)).hit ?? []))
}

/** Records that came with a trace and without a word of ours were observed by whoever sent them. */
function evidenceOf(row: Row, hits: readonly PolicyHit[]): Recorded['evidence'] {
  if (row.evidence === 'observed' || row.evidence === 'evaluated' || row.evidence === 'unknown') return row.evidence
  return hits.length > 0 ? 'observed' : 'unknown'
}

/** "allow" is also what our records must say where nobody could tell. */
function verdictOf({ action, evidence }: Row): Verdict {
  if (action === 'allow' && evidence === 'unknown') return 'unknown'
  return action === 'allow' || action === 'deny' ? action : 'unknown'
}

/** The part of an evaluation that the record's reporter saw: its own side. An end that policies do not know lets all pass. */
function sideVerdict(explained: PolicyExplanation, reporter: unknown): Verdict {
  const direction = reporter === 'src' ? 'egress' : reporter === 'dst' ? 'ingress' : undefined
  if (direction === undefined || explained.directions.length === 0) return explained.verdict
  return explained.directions.find((each) => each.direction === direction)?.verdict ?? 'allow'
}

function recordedOf(row: Row, mode: PolicyExplanation['mode'], state: ClusterState): Recorded {
  const hits = hitsOf(row, hitsField[mode])
  const { reporter, evidence_source: evidenceSource } = row as { readonly [name: string]: unknown }
  const evidence = evidenceOf(row, hits)
  const told =
    typeof evidenceSource === 'string'
      ? evidenceSource
      : row.evidence === undefined && hits.length > 0
        ? 'record'
        : undefined
  return {
    verdict: verdictOf(row),
    evidence,
    trace: hits.map((hit) => hitJson(hit, policyFinder(state))),
    ...(typeof reporter === 'string' && { reporter }),
    ...(told !== undefined && { evidenceSource: told }),
  }
}

const isKnown = (verdict: Verdict) => verdict !== 'unknown'

/** What was recorded beside what was evaluated: observation goes first where it says something of the whole flow. */
function withRecord(explained: PolicyExplanation, recorded: Recorded): PolicyExplanation {
  const side = sideVerdict(explained, recorded.reporter)
  const compares = isKnown(side) && isKnown(recorded.verdict) && explained.mode === 'enforced'
  const agrees = compares ? side === recorded.verdict : undefined
  const isWhole = recorded.verdict === 'deny' || (recorded.verdict === 'allow' && recorded.reporter !== 'src')
  const isObserved = recorded.evidence === 'observed' && isWhole && explained.mode === 'enforced'
  const differs = `recorded as ${recorded.verdict}, while the policies of the moment say ${side}`
  return {
    ...explained,
    ...(isObserved && { verdict: recorded.verdict, evidence: 'observed' as const }),
    recorded: { ...recorded, ...(agrees !== undefined && { agrees }) },
    notes: agrees === false ? [...explained.notes, differs] : explained.notes,
  }
}

/** Without any object only the record itself speaks. */
function explainBare({ state, asOf }: AsOfState, row: Row, mode: PolicyExplanation['mode']): PolicyExplanation {
  const { flow } = flowOfRow(state, row)
  const port = flow.port === undefined ? '' : ` port ${flow.port}`
  const protocol = protocolName(flow.protocol)
  const headline = `${endWords(flow.source)} to ${endWords(flow.destination)}, ${protocol}${port}: cannot tell`
  return {
    ...asOf,
    verdict: 'unknown',
    evidence: 'unknown',
    mode,
    headline,
    text: headline,
    source: endJson(flow.source, state),
    destination: endJson(flow.destination, state),
    protocol,
    ...(flow.port !== undefined && { port: flow.port }),
    directions: [],
    missing: [{ kind: 'endpoint', text: 'the objects of that moment' }],
    notes: [],
  }
}

/** Moments of a record that are tried, in this order. */
function momentsOf(row: Row, at: number | undefined, now: number): readonly number[] {
  if (at !== undefined) return [at]
  const [start, end] = [Number(row.start_time), Number(row.end_time ?? row.start_time)]
  return [...new Set([start, end])].map((moment) => Math.min(moment, now))
}

const isGood = ({ missing, recorded }: PolicyExplanation) => missing.length === 0 && recorded?.agrees !== false

/** Explains the record that a request holds. Rejects with `bad_request` where it cannot be read. */
export const explainRecord = async (body: RecordBody, deps: HandlerDeps): Promise<PolicyExplanation> =>
  explainRow(readFlowRecord(body.record, deps.now()), { at: body.at, mode: modeOf(body.pending) }, deps)

/** `at` is the only moment that is tried, Unix seconds. */
interface HowExplained {
  readonly at?: number | undefined
  readonly mode: PolicyExplanation['mode']
}

/** Explains a record as it is stored. Rejects with `bad_request` where it names no protocol that policies know. */
export async function explainRow(
  row: Row,
  { at: asked, mode }: HowExplained,
  { states, now }: HandlerDeps,
): Promise<PolicyExplanation> {
  const moment = now()
  const tried: PolicyExplanation[] = []
  for (const at of momentsOf(row, asked, moment)) {
    const found = await stateAsOf(states, at, moment)
    const explained =
      found.state.versions.length === 0
        ? explainBare(found, row, mode)
        : explainDialled(found, flowOfRow(found.state, row), dialledOf(row), mode)
    const answer = withRecord(explained, recordedOf(row, mode, found.state))
    if (isGood(answer)) return tried.length === 0 ? answer : { ...answer, notes: [...answer.notes, endNote] }
    tried.push(answer)
  }
  return tried[0]!
}

const endNote = 'objects changed within the interval of the record; these are those of its end'

// An explanation of the policy engine in the words of a panel. What decides, what would admit it and what is not known come
// from the server; here they are only put in order. Pure.
import type { ExplainedDirection, Hit, PolicyExplanation } from '@margay/wire'
import { capital } from '../format/sentence.ts'

export const directionTitle = ({ direction, endpoint }: ExplainedDirection): string =>
  `${direction === 'ingress' ? 'Ingress to' : 'Egress from'} ${endpoint.replace(/^pod /, '')}`

/** The clauses of a direction's sentence, without its beginning, which is the title. */
export function clausesOf({ sentence }: ExplainedDirection): readonly string[] {
  const begin = sentence.indexOf(': ')
  return (begin < 0 ? sentence : sentence.slice(begin + 2)).split('; ').map(capital)
}

/** The hit that decided: the last, unless the decision rests on none. */
export function decidedBy({ trace, decision }: ExplainedDirection): Hit | undefined {
  return decision.by === 'exemption' || decision.by === 'missing-fact' ? undefined : trace.at(-1)
}

const sources: Readonly<Record<string, string>> = {
  nflog: 'by the log of a rule (NFLOG)',
  nf_trace: 'by a trace of the node’s rules (nf-trace)',
  conntrack: 'by connection tracking',
  drop: 'by a drop in the kernel',
  record: 'by a trace that came with the record',
  evaluated: 'from the policies of that moment',
}

const rests: { readonly [E in PolicyExplanation['evidence']]: string } = {
  observed: 'Observed',
  evaluated: 'Evaluated',
  unknown: 'Not known',
}

/** Where the verdict comes from, and whether observation and evaluation say the same. */
export function evidenceText({ evidence, recorded }: PolicyExplanation): string {
  const by = recorded?.evidenceSource ? sources[recorded.evidenceSource] : undefined
  const first = `${rests[evidence]}${by ? ` ${by}` : evidence === 'evaluated' ? ' from the policies of that moment' : ''}.`
  if (recorded?.evidence !== 'observed') return first
  if (recorded.agrees === undefined) return `${first} Evaluation cannot tell.`
  return recorded.agrees ? `${first} Evaluation agrees.` : first
}

/** Observation and evaluation differ: both are said, and neither is taken for the other. */
export function disagreement({ recorded, directions }: PolicyExplanation): string | undefined {
  if (recorded?.agrees !== false) return undefined
  const evaluated = directions.some(({ verdict }) => verdict === 'deny') ? 'deny' : 'allow'
  return `The record says ${recorded.verdict}, the policies of that moment say ${evaluated}.`
}

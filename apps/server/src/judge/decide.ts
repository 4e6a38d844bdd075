// The verdict of a report, from what was observed and what policies say: pure. Observation wins; where the two cannot both be
// true the record keeps both. A denial is said only with evidence: a rule's own word, a drop by netfilter, or a policy that
// denies and a connection that was never made.
import { parsePolicyHit } from '@margay/model'
import type { Direction } from '@margay/policy'
import type { Unbacked } from '../inventory/services.ts'
import type { Credit, Finding } from './finding.ts'

export type Evidence = 'observed' | 'evaluated' | 'unknown'

/** What one row's series tells without any policy. */
export interface Observed {
  readonly reporter: string
  /** The kernel dropped packets for a rule of netfilter. */
  readonly isDropped: boolean
  /** `established`, `refused`, `unanswered`, `dropped`, `reset`; absent from old agents. */
  readonly outcome: string | undefined
  /** Both ends are on one node: a drop there may belong to either. */
  readonly sameNode: boolean
  /** The destination is a service's own address without endpoints: what was dropped there is no policy's. */
  readonly unbacked?: Unbacked
  /** What rules of the node said, where they said something. */
  readonly marks?: Marks
}

export interface Marks {
  readonly source: 'nflog' | 'nf_trace'
  readonly verdict: 'allow' | 'deny' | undefined
  /** Texts of the log, in order; empty where no policy was named. */
  readonly trace: readonly string[]
  readonly credits: readonly Credit[]
}

export interface Decision {
  readonly action: 'allow' | 'deny'
  readonly evidence: Evidence
  /** By what: a source of marks, `drop`, `conntrack` for what a connection itself proves, `evaluated`; absent if unknown. */
  readonly by?: Marks['source'] | 'drop' | 'conntrack' | 'evaluated'
  readonly trace: readonly string[]
  readonly credits: readonly Credit[]
  /** Both words, where they cannot both be true. */
  readonly conflict?: string
  /** It was refused in the name of a service behind which nobody stood: where nobody did. */
  readonly unbacked?: Unbacked
}

const refusedUnbacked = (unbacked: Unbacked): Decision => ({
  action: 'allow',
  evidence: 'observed',
  by: 'drop',
  trace: [],
  credits: [],
  unbacked,
})

/** `by` of what a connection proves: it passed both ends. */
interface Proof {
  readonly action: 'allow' | 'deny'
  readonly by: NonNullable<Decision['by']>
}

/** A socket that answered, or was reached, shows that policy let the connection in; one that got no answer shows nothing. */
function isThrough({ reporter, outcome }: Observed): boolean {
  if (outcome === 'established' || outcome === 'reset') return true
  return reporter === 'dst' && outcome !== undefined
}

function proofOf(observed: Observed): Proof | undefined {
  const { marks, isDropped } = observed
  if (marks?.verdict) return { action: marks.verdict, by: marks.source }
  if (isDropped) return { action: 'deny', by: 'drop' }
  return isThrough(observed) ? { action: 'allow', by: 'conntrack' } : undefined
}

const traceWords = ({ trace, peer }: Finding, atPeer: boolean) =>
  atPeer ? `${peer} at the other end` : trace.length > 0 ? trace.join(', ') : 'under no policy'

function conflictText({ action, by }: Proof, { outcome }: Observed, finding: Finding, atPeer: boolean): string {
  const seen = by === 'conntrack' ? `connection ${outcome}` : by === 'drop' ? 'dropped by netfilter' : `${by} says so`
  const other = action === 'allow' ? 'deny' : 'allow'
  return `observed ${action} (${seen}), evaluated ${other} (${traceWords(finding, atPeer)})`
}

/** A drop, or a rule's word for one that names no policy: on one node it may be of either end. */
const isOfEitherEnd = ({ action, by }: Proof, { marks }: Observed) =>
  by === 'drop' || (action === 'deny' && by !== 'conntrack' && marks?.trace.length === 0)

/** The drop that the source's node saw was the destination's: its policy denies, the source's does not. */
const isPeersDrop = (proof: Proof, observed: Observed, { verdict, peer }: Finding) =>
  isOfEitherEnd(proof, observed) &&
  observed.reporter === 'src' &&
  observed.sameNode &&
  verdict === 'allow' &&
  peer === 'deny'

const evaluated = ({ verdict, trace, credits }: Finding): Decision => ({
  action: verdict === 'deny' ? 'deny' : 'allow',
  evidence: 'evaluated',
  by: 'evaluated',
  trace,
  credits,
})

const hitIn = (text: string | undefined) => (text === undefined ? undefined : parsePolicyHit(text).hit)

/**
 * Words of rules that leave open what the evaluation knows: Felix logs the end of a tier without whose policy brought it
 * about, and comments name a policy without its rule.
 */
function isVague(trace: readonly string[], finding: Finding): boolean {
  const last = hitIn(trace.at(-1))
  if (last?.kind === 'EndOfTier') return true
  const isSame = (text: string) => {
    const hit = hitIn(text)
    return hit?.kind === last?.kind && hit?.namespace === last?.namespace && hit?.name === last?.name
  }
  return last?.rule === 'unknown' && finding.trace.some(isSame)
}

/** Words of rules where there are some, else what policies say if that agrees; that too where rules leave it open. */
function traceOf({ marks }: Observed, finding: Finding, agrees: boolean): Pick<Decision, 'trace' | 'credits'> {
  if (marks && marks.trace.length > 0 && !(agrees && isVague(marks.trace, finding)))
    return { trace: marks.trace, credits: marks.credits }
  return agrees ? { trace: finding.trace, credits: finding.credits } : { trace: [], credits: [] }
}

function proven(proof: Proof, observed: Observed, finding: Finding): Decision {
  const { action, by } = proof
  const isMarked = (observed.marks?.trace.length ?? 0) > 0
  const agrees = finding.verdict === action
  // A connection that got through shows that neither end denied it.
  const peerDisagrees = by === 'conntrack' && finding.peer === 'deny'
  if (finding.verdict !== 'unknown' && (!agrees || peerDisagrees)) {
    const conflict = conflictText(proof, observed, finding, agrees)
    return { action, evidence: 'observed', by, ...traceOf(observed, finding, agrees), conflict }
  }
  if (by !== 'conntrack' || isMarked) return { action, evidence: 'observed', by, ...traceOf(observed, finding, agrees) }
  // That it got through says nothing of which policy let it.
  return agrees ? evaluated(finding) : { action, evidence: 'unknown', trace: [], credits: [] }
}

/** Decides one report. `finding` is of the reporter's own direction. */
export function decide(observed: Observed, finding: Finding): Decision {
  if (observed.unbacked && observed.isDropped) return refusedUnbacked(observed.unbacked)
  const proof = proofOf(observed)
  if (proof && isPeersDrop(proof, observed, finding)) return evaluated(finding)
  if (proof) return proven(proof, observed, finding)
  if (finding.verdict === 'unknown') return { action: 'allow', evidence: 'unknown', trace: [], credits: [] }
  return evaluated(finding)
}

/** Which end a drop on the way belongs to: that of the node that saw it, and of two there the one whose policy denies. */
export function endOfDrop(
  nodes: { readonly host: string; readonly source: string | undefined; readonly dest: string | undefined },
  verdictOf: (direction: Direction) => string,
): Direction {
  const isSource = nodes.source === nodes.host
  const isDest = nodes.dest === nodes.host
  if (isSource && isDest) return verdictOf('egress') === 'deny' ? 'egress' : 'ingress'
  return isSource ? 'egress' : 'ingress'
}

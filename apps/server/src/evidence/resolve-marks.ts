// From the marks of a flow to policies: the door of this folder. What rules said is turned into the hits of the reporter's
// direction, in their order; what nobody understands is given back as it came, to be kept and counted. Pure.
import type { PolicyHit } from '@margay/model'
import { decidingHit } from '@margay/model'
import type { Direction } from '@margay/policy'
import type { NflogMark, TraceMark } from '@margay/wire'
import { parseMark, printMark } from '@margay/wire'
import { readComment } from './comment-words.ts'
import { readFelixPrefix } from './felix-prefix.ts'
import type { KnownPolicies } from './known-policies.ts'
import type { MarkHit } from './mark-hit.ts'
import { readTrace } from './trace.ts'

export interface MarkContext {
  readonly known: KnownPolicies
  /** The reporter's: egress for `src`, ingress for `dst`. Undefined takes every hit. */
  readonly direction: Direction | undefined
}

export interface ResolvedMarks {
  /** In order of evaluation, numbered from 0; empty where rules decided without naming a policy. */
  readonly hits: readonly PolicyHit[]
  /** What the rules of this direction did; undefined where the marks do not say. */
  readonly verdict: 'allow' | 'deny' | undefined
  readonly source: 'nflog' | 'nf_trace'
  /** Marks that nobody understands, as they were sent. */
  readonly unknown: readonly string[]
}

interface Said {
  readonly hits: readonly MarkHit[]
  readonly verdict: ResolvedMarks['verdict']
  readonly unknown: readonly string[]
}

/** kube-router logs what it refuses to this group, without a prefix. */
const kubeRouterGroup = 100

function readNflog(mark: NflogMark, known: KnownPolicies): MarkHit | 'refused' | undefined {
  if (mark.prefix === '') return mark.group === kubeRouterGroup ? 'refused' : undefined
  const felix = readFelixPrefix(mark.prefix, known)
  if (felix) return felix
  const word = readComment(mark.prefix, known)
  if (word?.says === 'hit') return word.hit
  if (word?.says !== 'policy') return undefined
  // A logging rule does not say what the one behind it does.
  return { direction: word.direction, hit: { ...word.policy, action: 'pass', rule: word.rule } }
}

function readNflogs(marks: readonly NflogMark[], known: KnownPolicies): Said {
  const hits: MarkHit[] = []
  const unknown: string[] = []
  let verdict: Said['verdict']
  for (const mark of marks) {
    const said = readNflog(mark, known)
    if (said === undefined) unknown.push(printMark(mark))
    else if (said === 'refused') verdict = 'deny'
    else hits.push(said)
  }
  return { hits, verdict, unknown }
}

/** One after the other, each policy once: the same rule may log a connection's packet again. */
function inDirection(hits: readonly MarkHit[], direction: Direction | undefined): readonly PolicyHit[] {
  const distinct = new Map<string, MarkHit['hit']>()
  for (const one of hits) {
    const isOurs = direction === undefined || one.direction === undefined || one.direction === direction
    if (isOurs) distinct.set(JSON.stringify(one.hit), one.hit)
  }
  return [...distinct.values()].map((hit, index) => ({ index, ...hit }))
}

/** A refusal that the other direction answers for is none of this one's. */
function verdictOf(
  said: readonly Said[],
  hits: readonly PolicyHit[],
  direction: Direction | undefined,
): Said['verdict'] {
  const deciding = decidingHit(hits)?.action
  if (deciding === 'allow' || deciding === 'deny') return deciding
  const verdicts = said.map(({ verdict }) => verdict)
  const isRefused = verdicts.includes('deny')
  if (!isRefused || direction === undefined) return isRefused ? 'deny' : verdicts.find(Boolean)
  const isOthers = said
    .flatMap((one) => one.hits)
    .some((one) => one.hit.action === 'deny' && one.direction && one.direction !== direction)
  return isOthers ? undefined : 'deny'
}

interface ReadMarks {
  readonly logged: Said
  readonly traced: Said
  readonly unknown: readonly string[]
}

function readMarks(marks: readonly string[], known: KnownPolicies): ReadMarks {
  const parsed = marks.map((text) => parseMark(text))
  const logged = readNflogs(
    parsed.filter((mark): mark is NflogMark => mark?.by === 'nflog'),
    known,
  )
  const traced = readTrace(
    parsed.filter((mark): mark is TraceMark => mark?.by === 'nf_trace'),
    known,
  )
  const malformed = marks.filter((_, at) => parsed[at] === undefined)
  return { logged, traced, unknown: [...logged.unknown, ...traced.unknown, ...malformed] }
}

/** Which of the two it is known by: the one that named policies, else the one that said anything. */
function sourceOf({ logged, traced }: ReadMarks, hasLogged: boolean, hasTraced: boolean): ResolvedMarks['source'] {
  if (hasLogged || hasTraced) return hasLogged ? 'nflog' : 'nf_trace'
  const isLogged = logged.verdict !== undefined || logged.unknown.length > 0
  return isLogged && traced.verdict === undefined ? 'nflog' : 'nf_trace'
}

/**
 * What a flow's marks say of policy; undefined where there are none, or none that has a say in this direction. Felix's own
 * records are taken before a trace of the same flow, because they number the rule.
 */
export function resolveMarks(marks: readonly string[], { known, direction }: MarkContext): ResolvedMarks | undefined {
  const read = readMarks(marks, known)
  const { logged, traced, unknown } = read
  const [byLog, byTrace] = [inDirection(logged.hits, direction), inDirection(traced.hits, direction)]
  const hits = byLog.length > 0 ? byLog : byTrace
  const verdict = verdictOf([logged, traced], hits, direction)
  if (hits.length === 0 && verdict === undefined && unknown.length === 0) return undefined
  return { hits, verdict, source: sourceOf(read, byLog.length > 0, byTrace.length > 0), unknown }
}

/** The direction whose rules refused the connection, as far as the marks tell. */
export function refusedBy(marks: readonly string[], known: KnownPolicies): Direction | undefined {
  const { logged, traced } = readMarks(marks, known)
  return [...logged.hits, ...traced.hits].find(({ direction, hit }) => direction && hit.action === 'deny')?.direction
}

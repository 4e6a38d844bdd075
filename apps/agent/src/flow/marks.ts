// Marks and sockets: which marks belong to a socket's connection, and what they change of its verdict. A client's are those
// of its egress, a server's those of its ingress; rules of the node see a client's packets after translation.
import type { Shared } from '../collectors/collector.ts'
import { role } from '../kernel/layout.ts'
import type { Verdict } from './flow.ts'
import type { Role } from './hosts.ts'
import type { MarkSet, TupleMarks } from './mark-table.ts'
import { mirroredKey, redirectedKey, tupleKey } from './tuple.ts'

/** Marks of a connection, seen from one of its ends. */
export interface EndMarks {
  readonly own: MarkSet | undefined
  readonly other: MarkSet | undefined
}

function clientMarks(shared: Shared, bytes: Buffer, at: number, isRefused: boolean): TupleMarks | undefined {
  const { clock, marks, nat } = shared
  const dialled = tupleKey(bytes, at)
  const translation = nat.find(dialled)
  const key = translation ? redirectedKey(bytes, at, translation.address, translation.port) : dialled
  return marks.find(key, clock.now(), isRefused)
}

/** What was said of a socket's connection; `isRefused` where it came to nothing, so that looking twice is worth it. */
export function marksOf(
  shared: Shared,
  bytes: Buffer,
  tupleAt: number,
  ofRole: Role,
  isRefused: boolean,
): EndMarks | undefined {
  const { clock, marks } = shared
  // Fast path: no rule logs on this node.
  if (ofRole === role.unknown || (!isRefused && marks.isQuiet(clock.now()))) return undefined
  const isServer = ofRole === role.server
  const found = isServer
    ? marks.find(mirroredKey(bytes, tupleAt), clock.now(), isRefused)
    : clientMarks(shared, bytes, tupleAt, isRefused)
  if (!found) return undefined
  return isServer ? { own: found.ingress, other: found.egress } : { own: found.egress, other: found.ingress }
}

const withMarks = (verdict: Verdict, marks: MarkSet | undefined): Verdict => (marks ? { ...verdict, marks } : verdict)

/**
 * The verdict with what rules said. A refusal belongs to the end whose rules said no; where neither end's rules did, it
 * stays with whoever noticed it. A connection that stands was refused by nobody.
 */
export function judgeByMarks(verdict: Verdict, { own, other }: EndMarks): Verdict {
  if (verdict.action === 'deny' && other?.denies && !own?.denies) return withMarks({ ...verdict, action: 'allow' }, own)
  const isFailed = verdict.outcome === 'unanswered' || verdict.outcome === 'refused'
  if (verdict.action === 'deny' || !isFailed || !own?.denies) return withMarks(verdict, own)
  const outcome = verdict.outcome === 'unanswered' ? 'dropped' : verdict.outcome
  return withMarks({ ...verdict, action: 'deny', outcome }, own)
}

// The answer about one connection: its fate, a sentence, and the evidence for both. Pure.
import type { ConnectionEnds } from '@margay/wire'
import type { Asked } from './connection.ts'
import type { Decision } from './decide.ts'
import { decide, fixOf } from './decide.ts'
import { evidenceOf } from './evidence.ts'
import type { Joined } from './joined.ts'
import type { FailedLookup } from './lookups.ts'
import { lookupEvidence } from './lookups.ts'
import { sentenceOf } from './sentence.ts'

/** Fates that a policy may be behind. */
const isPolicyPossible = ({ fate, decided }: Decision): boolean =>
  fate === 'denied' ||
  fate === 'rejected' ||
  fate === 'lost_on_the_way' ||
  fate === 'cannot_tell' ||
  fate === 'no_answer_outside' ||
  (fate === 'dropped' && decided.by === 'rule')

/** Whether what the policies of its moment say may matter: they are asked only then. */
export const mayBePolicy = (joined: Joined): boolean => isPolicyPossible(decide(joined))

/** What is said of a connection, with the failed lookups before it. */
export function answerOf(joined: Joined, asked: Asked, lookups: readonly FailedLookup[]): ConnectionEnds {
  const decision = decide(joined)
  const isOwn = decision.by?.exemplar !== undefined || decision.by?.row === asked.row
  const { fate, left, arrived, decided } = decision
  const { startMs, proto, source, dest, dialled, names, reporters } = joined
  const fix = fixOf(joined, decided)
  const hosts = { source: reporters.source.host, dest: reporters.dest.host }
  return {
    start: startMs,
    proto,
    source: { name: names.source, ...source, ...(hosts.source !== undefined && { host: hosts.source }) },
    dest: { name: names.dest, ...dest, ...(hosts.dest !== undefined && { host: hosts.dest }) },
    ...(dialled && { dialled }),
    fate,
    left,
    arrived,
    decided,
    sentence: sentenceOf(joined, decision),
    ...(fate === 'denied' && fix !== undefined && { fix }),
    evidence: [...lookupEvidence(asked, lookups), ...evidenceOf(joined, decision)],
    // What was decided by another record of the pair may have been another connection.
    sure: decision.sure && isOwn && !joined.isCrowded,
  }
}

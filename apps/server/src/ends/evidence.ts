// What supports the sentence: each report as it was made, and where there is none, why. Pure.
import type { ConnectionEnds, EndsEvidence } from '@margay/wire'
import type { Decision } from './decide.ts'
import { wentOf } from './decide.ts'
import type { Reporter } from '../intern/agents.ts'
import type { Joined, Standpoint, View } from './joined.ts'
import { mostRecords, viewsAt } from './joined.ts'
import { bytesWords, durationWords, grouped, reasonWords, timesWords } from './words.ts'

/** What an exemplar knows, as clauses. */
function clausesOf({ exemplar, at }: View): readonly string[] {
  if (!exemplar) return []
  const { dropReason, syns, answers, handshakeUs, rttUs, resent, bytesOut, bytesIn, endedBy, dialled, went } = exemplar
  const who = { here: 'reset here', peer: 'told by a reset', silence: 'given up' }
  return [
    ...(dropReason === undefined ? [] : [reasonWords(dropReason)]),
    ...(syns === undefined ? [] : [at === 'source' ? `asked ${timesWords(syns)}` : `came ${timesWords(syns)}`]),
    ...(answers === undefined
      ? []
      : [went === 'unanswered' ? `answered ${timesWords(answers)}` : `answer lost ${timesWords(answers)}`]),
    ...(handshakeUs === undefined ? [] : [`handshake ${durationWords(handshakeUs)}`]),
    ...(rttUs === undefined ? [] : [`round trip ${durationWords(rttUs)}`]),
    ...(resent === undefined ? [] : [`sent again ${timesWords(resent)}`]),
    ...(bytesOut === undefined ? [] : [`${bytesWords(bytesOut)} sent`]),
    ...(bytesIn === undefined ? [] : [`${bytesWords(bytesIn)} received`]),
    ...(endedBy === undefined ? [] : [who[endedBy]]),
    ...(dialled === undefined ? [] : [`dialled ${dialled.ip}${dialled.port === undefined ? '' : `:${dialled.port}`}`]),
  ]
}

function viewEvidence(view: View): EndsEvidence {
  const { at, host, row, exemplar } = view
  const program =
    typeof row.process_name === 'string' && row.process_name !== '-' ? `, program ${row.process_name}` : ''
  const clauses = clausesOf(view)
  const what = exemplar
    ? `${wentOf(view)}${clauses.length > 0 ? `: ${clauses.join(', ')}` : ''}`
    : `a record of the pair: ${wentOf(view) || String(row.action ?? 'no outcome')}`
  return {
    at,
    ...(host !== '' && { host }),
    ...(exemplar && { time: exemplar.startMs }),
    from: exemplar ? 'exemplar' : 'record',
    text: `${what}${program}`,
  }
}

const uncovered: { readonly [S in Exclude<Reporter['state'], 'reports'>]: string } = {
  none: 'no agent reports for this address',
  silent: 'its agent was silent at that time',
  later: 'its agent began to report only after that',
}

function silenceEvidence(
  at: Standpoint,
  { state, host }: Reporter,
  { isFresh, isCrowded, isHandedOn, service }: Joined,
): EndsEvidence {
  const on = host === undefined ? {} : { host }
  if (service !== undefined && at === 'destination') {
    const text = 'no record of an endpoint of the service was found'
    return { at, ...on, from: 'coverage', text }
  }
  if (isHandedOn && at === 'destination') {
    const text = 'it hands the connection on to another address, under which it was not found'
    return { at, ...on, from: 'coverage', text }
  }
  if (isCrowded) {
    const text = `more than ${grouped(mostRecords)} records speak of this pair in that time; not all were read`
    return { at, ...on, from: 'coverage', text }
  }
  if (state !== 'reports') return { at, ...on, from: 'coverage', text: uncovered[state] }
  const text = isFresh
    ? 'its agent reports; the records of that time are not all in yet'
    : 'its agent reports, and saw nothing of this connection'
  return { at, ...on, from: 'silence', text }
}

const ends = [
  ['source', 'source'],
  ['destination', 'dest'],
] as const

export function evidenceOf(joined: Joined, { fate }: Decision): ConnectionEnds['evidence'] {
  // Of a connection that went well in the end the destination keeps nothing; its silence means nothing then.
  const isSlow = fate === 'slow_network' || fate === 'slow_handshake'
  const unseen = ends.flatMap(([at, end]) =>
    viewsAt(joined, at).length > 0 || (isSlow && at === 'destination')
      ? []
      : [silenceEvidence(at, joined.reporters[end], joined)],
  )
  const policy = (joined.policy?.sentences ?? []).map((text): EndsEvidence => ({
    at: joined.policy?.where ?? 'unknown',
    from: 'policy',
    text,
  }))
  const seen = (['source', 'way', 'destination'] as const).flatMap((at) => viewsAt(joined, at).map(viewEvidence))
  return [...seen, ...unseen, ...policy]
}

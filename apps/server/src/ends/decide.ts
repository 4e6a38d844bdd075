// What became of a connection and which place decided it, from what each place saw. Pure. Observed beats concluded: a drop
// that was seen says where; silence is evidence only where an agent reports, and never while its records may still come.
import type { Exemplar, Row } from '@margay/model'
import { decidingHit, parsePolicyHit } from '@margay/model'
import type { ConnectionEnds, Fate, Place } from '@margay/wire'
import { noEndpoints } from '../evidence/index.ts'
import { cutTo } from './connection.ts'
import type { Joined, View } from './joined.ts'
import { viewsAt } from './joined.ts'

export interface Decision {
  readonly fate: Fate
  readonly left: ConnectionEnds['left']
  readonly arrived: ConnectionEnds['arrived']
  readonly decided: ConnectionEnds['decided']
  readonly sure: boolean
  /** The report that decided, for the words. */
  readonly by?: View
}

const denyingReason = 'NETFILTER_DROP'
const refusingReason = 'NO_SOCKET'
const queueReason = 'TCP_LISTEN_OVERFLOW'

/** How a report's connection went; a record without exemplars says it by its outcome. */
export const wentOf = ({ exemplar, row }: View): string => exemplar?.went ?? String(row.outcome ?? '')

const dropOf = ({ exemplar, row }: View): string | undefined =>
  exemplar ? exemplar.dropReason : (row.drop_reason as string | undefined)

const isDropped = (view: View): boolean => {
  const reason = dropOf(view)
  return reason !== undefined && reason !== refusingReason
}

/** What was lost was an answer, not the question. */
const isAnswer = ({ exemplar }: View): boolean => (exemplar?.answers ?? 0) > 0

/** The stored hit that denied, where the record has one. */
export function denyingHit({ row }: View): string | undefined {
  const texts = row['policies.enforced_policies']
  if (row.action !== 'deny' || !Array.isArray(texts)) return undefined
  const hits = (texts as readonly string[]).flatMap((text) => {
    const { hit } = parsePolicyHit(text)
    return hit ? [{ text, hit }] : []
  })
  const deciding = decidingHit(hits.map(({ hit }) => hit))
  return deciding?.action === 'deny' ? hits.find(({ hit }) => hit === deciding)?.text : undefined
}

/** Whether it left the source's node, and reached the destination's, from where it was last seen. */
function reached(joined: Joined, place: Place, host: string | undefined): Pick<Decision, 'left' | 'arrived'> {
  const { source, dest } = joined.reporters
  if (place === 'source') return { left: 'no', arrived: 'no' }
  if (place === 'destination') return { left: 'yes', arrived: 'yes' }
  if (place === 'unknown' || host === undefined) return { left: 'unknown', arrived: 'unknown' }
  const isOwn = host === source.host && host !== dest.host
  return { left: isOwn ? 'no' : 'yes', arrived: host === dest.host ? 'yes' : 'no' }
}

const everywhere = { left: 'yes', arrived: 'yes' } as const

/** Whether the policies deny it at the end, or on the end's node, where a report stands. */
function deniesThere({ policy, reporters }: Joined, { at, host }: Pick<View, 'at' | 'host'>): boolean {
  if (policy?.verdict !== 'deny' || policy.where === undefined) return false
  const end = policy.where === 'source' ? reporters.source : reporters.dest
  return at === policy.where || (at === 'way' && host !== '' && host === end.host)
}

const isUnbackedReason = (reason: Row[string]): boolean =>
  reason === noEndpoints.everywhere || reason === noEndpoints.here

/** A rule or the kernel threw the question away where the report stands. */
function dropped(joined: Joined, view: View, isRefused: boolean): Decision {
  const reason = dropOf(view)
  // In the name of a service without endpoints no policy is asked, whatever one would say.
  const isUnbacked = isUnbackedReason(view.row.drop_reason)
  const opinion = deniesThere(joined, view) && !isUnbacked ? joined.policy?.hit : undefined
  const hit = denyingHit(view) ?? opinion
  const isRule = reason === undefined || reason === denyingReason || isUnbacked
  const by = isRule && hit !== undefined ? 'policy' : isRule ? 'rule' : 'kernel'
  const fate = by === 'policy' ? 'denied' : by === 'rule' && (isRefused || isUnbacked) ? 'rejected' : 'dropped'
  const decided = {
    where: view.at,
    by,
    ...(by === 'policy' && { policy: hit! }),
    ...(reason !== undefined && { dropReason: reason }),
  } as const
  return { fate, ...reached(joined, view.at, view.host), decided, sure: true, by: view }
}

function answerLost(joined: Joined, drop: View | undefined, answered: View | undefined): Decision {
  const reason = drop && dropOf(drop)
  return {
    fate: 'answer_lost',
    ...everywhere,
    decided: drop
      ? {
          where: drop.at,
          by: reason === denyingReason ? 'rule' : 'kernel',
          ...(reason !== undefined && { dropReason: reason }),
        }
      : { where: 'unknown', by: 'network' },
    // Without a drop that was seen the answer was lost on the way, or where no agent looks.
    sure: drop !== undefined || joined.reporters.source.state === 'reports',
    ...((drop ?? answered) && { by: (drop ?? answered)! }),
  }
}

function resetBy(source: View | undefined, dest: View | undefined): Decision {
  const [atSource, atDest] = [source?.exemplar?.endedBy, dest?.exemplar?.endedBy]
  const by = (fate: Fate, where: Place, sure: boolean, view: View | undefined): Decision => ({
    fate,
    ...everywhere,
    decided: { where, by: fate === 'reset_unseen' || fate === 'fell_silent' ? 'network' : 'program' },
    sure,
    ...(view && { by: view }),
  })
  if (atDest === 'here') return by('reset_by_destination', 'destination', true, dest)
  if (atSource === 'here') return by('reset_by_source', 'source', true, source)
  if (atSource === 'peer' && atDest === 'peer') return by('reset_unseen', 'way', true, source)
  if (atSource === 'silence' || atDest === 'silence') return by('fell_silent', 'unknown', false, source ?? dest)
  if (atSource === 'peer') return by('reset_by_destination', 'destination', false, source)
  if (atDest === 'peer') return by('reset_by_source', 'source', false, dest)
  return by('reset_unseen', 'unknown', false, source ?? dest)
}

function slow(source: View, causes: readonly View[]): Decision {
  const { handshakeUs = 0, rttUs = 0, syns = 1 } = source.exemplar!
  const [cause] = causes
  const reason = cause && dropOf(cause)
  const fate = handshakeUs > rttUs || syns > 1 || cause ? 'slow_handshake' : 'slow_network'
  const by = reason === undefined ? 'network' : reason === denyingReason ? 'rule' : 'kernel'
  return {
    fate,
    ...everywhere,
    decided: { where: cause?.at ?? 'unknown', by, ...(reason !== undefined && { dropReason: reason }) },
    sure: true,
    by: cause ?? source,
  }
}

/** The other end's list of exemplars was cut, so that its silence about this one says nothing. */
const isCut = ({ pair }: Joined): boolean => pair.some(({ at, row }) => at !== 'source' && cutTo(row) > 0)

/** Records of the connection may exist that were not read, or that name it by other addresses. */
const hasOtherWays = ({ isCrowded, isHandedOn }: Joined) => isCrowded || isHandedOn

/** Nothing came back, and nobody saw a drop. */
function unanswered(joined: Joined, source: View | undefined): Decision {
  const { policy, reporters, leavesCluster, isFresh, pair } = joined
  const left = source ? 'yes' : 'unknown'
  const by = source ? { by: source } : {}
  const decided = { where: 'unknown', by: 'unknown' } as const
  if (policy?.verdict === 'deny' && policy.where) {
    const where = policy.where
    return {
      fate: 'denied',
      ...reached(joined, where, undefined),
      decided: { where, by: 'policy', ...(policy.hit !== undefined && { policy: policy.hit }) },
      sure: false,
      ...by,
    }
  }
  const taken = pair.find(({ at, row }) => at === 'destination' && Number(row.packets_in ?? 0) > 0)
  if (joined.proto !== 'tcp' && taken) {
    const answered = Number(taken.row.packets_out ?? 0) > 0
    if (answered) return { ...answerLost(joined, undefined, taken), sure: false }
    return {
      fate: 'not_answered',
      ...everywhere,
      decided: { where: 'destination', by: 'program' },
      sure: true,
      by: taken,
    }
  }
  if (reporters.dest.state === 'reports' && !isFresh && !hasOtherWays(joined)) {
    const lost = { fate: 'lost_on_the_way', arrived: 'no', decided: { where: 'way', by: 'network' } } as const
    return { ...lost, left, sure: !isCut(joined), ...by }
  }
  if (leavesCluster && reporters.dest.state === 'none' && policy?.isWhoUnknown !== true) {
    return { fate: 'no_answer_outside', left, arrived: 'unknown', decided, sure: policy?.verdict === 'allow', ...by }
  }
  return { fate: 'cannot_tell', left, arrived: 'unknown', decided, sure: false, ...by }
}

function refused(joined: Joined, source: View): Decision {
  return {
    fate: 'refused',
    ...everywhere,
    decided: { where: 'destination', by: 'unknown' },
    // An agent that reports there would have seen a packet without a listener.
    sure: joined.reporters.dest.state === 'reports' && !joined.isFresh && !hasOtherWays(joined) && !isCut(joined),
    by: source,
  }
}

const nobodyListens = (view: View): Decision => ({
  fate: 'nobody_listens',
  ...everywhere,
  decided: { where: 'destination', by: 'kernel', dropReason: refusingReason },
  sure: true,
  by: view,
})

const queueFull = (view: View): Decision => ({
  fate: 'queue_full',
  ...everywhere,
  decided: { where: 'destination', by: 'program', dropReason: queueReason },
  sure: true,
  by: view,
})

/** The answer to all of it. */
export function decide(joined: Joined): Decision {
  const [source] = viewsAt(joined, 'source')
  const atDest = viewsAt(joined, 'destination')
  const isRefused = source !== undefined && wentOf(source) === 'refused'
  const drops = [...atDest, ...viewsAt(joined, 'way')].filter(isDropped)
  const answered = atDest.find((view) => wentOf(view) === 'unanswered')
  if (source && wentOf(source) === 'slow') return slow(source, [...drops, ...(answered ? [answered] : [])])
  if (source && wentOf(source) === 'reset')
    return resetBy(
      source,
      atDest.find((view) => wentOf(view) === 'reset'),
    )
  const full = drops.find((view) => dropOf(view) === queueReason)
  if (full) return queueFull(full)
  const lostAnswer = [...drops, ...(source && isDropped(source) ? [source] : [])].find(isAnswer)
  if (lostAnswer) return answerLost(joined, lostAnswer, answered)
  const denied = [...atDest, ...viewsAt(joined, 'way')].find((view) => isDropped(view) || view.row.action === 'deny')
  if (denied) return dropped(joined, denied, isRefused)
  const unheard = atDest.find((view) => dropOf(view) === refusingReason)
  if (unheard) return nobodyListens(unheard)
  if (source && (isDropped(source) || source.row.action === 'deny')) return dropped(joined, source, isRefused)
  const reset = atDest.find((view) => wentOf(view) === 'reset')
  if (reset) return resetBy(source, reset)
  if (source && isRefused) return refused(joined, source)
  if (answered) return answerLost(joined, undefined, answered)
  return unanswered(joined, source)
}

/** What would admit it: only where the policies deny it at the very end that decided. */
export const fixOf = ({ policy }: Joined, { where }: Decision['decided']): string | undefined =>
  policy?.where === where || where === 'way' ? policy?.fix : undefined

/** For words: the numbers of a report, empty where it has no exemplar. */
export const factsOf = (view: View | undefined): Partial<Exemplar> => view?.exemplar ?? {}

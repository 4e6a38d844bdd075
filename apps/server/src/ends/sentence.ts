// One sentence for what became of a connection. Pure, and the only place that words it: console, CLI and API show the same.
// It starts with the last thing that is certain, and says what is not known rather than leaving it out.
import { parsePolicyHit, printSocketAddress } from '@margay/model'
import type { Fate, Place } from '@margay/wire'
import { factsOf, fixOf, type Decision } from './decide.ts'
import { noEndpoints } from '../evidence/index.ts'
import type { Joined } from './joined.ts'
import { mostRecords, viewsAt } from './joined.ts'
import { bytesWords, durationWords, grouped, policyWords, reasonWords, timesWords } from './words.ts'

const isNode = (host: string | undefined): host is string => host !== undefined && host !== ''

/** `shop/checkout on node-1`; a host is not on itself. */
function endWords(joined: Joined, end: 'source' | 'dest'): string {
  const name = joined.names[end]
  const host = hostOf(joined, end)
  return isNode(host) && host !== name ? `${name} on ${host}` : name
}

function hostOf(joined: Joined, end: 'source' | 'dest'): string | undefined {
  const [view] = viewsAt(joined, end === 'source' ? 'source' : 'destination')
  return view?.host ?? joined.reporters[end].host
}

/** `tcp 8080`. */
const portWords = ({ proto, dest }: Joined): string => (dest.port === undefined ? proto : `${proto} ${dest.port}`)

const programOf = ({ by }: Decision): string | undefined => {
  const name = by?.row.process_name
  return typeof name === 'string' && name !== '-' && name !== '*' ? name : undefined
}

/** Who threw it away, and on which node. */
function dropperWords({ decided, by }: Decision): string {
  const on = isNode(by?.host) ? ` on ${by.host}` : ''
  if (decided.by === 'rule' || decided.by === 'policy') return `a netfilter rule${on}`
  return `the kernel${on}: ${reasonWords(decided.dropReason ?? 'no reason given')}`
}

function droppedSentence(joined: Joined, decision: Decision): string {
  const dropper = dropperWords(decision)
  const [source, dest] = [endWords(joined, 'source'), endWords(joined, 'dest')]
  switch (decision.decided.where) {
    case 'source':
      return `Never left ${source}: dropped there by ${dropper}.`
    case 'destination':
      return `Reached the node of ${dest} and was dropped before any program saw it, by ${dropper}.`
    default:
      if (decision.left === 'no') return `Never left the node of ${source}: dropped by ${dropper}.`
      if (decision.arrived === 'yes')
        return `Reached the node of ${dest}, never ${joined.names.dest} itself: dropped by ${dropper}.`
      return `Left ${source}, never reached ${dest}: dropped on the way by ${dropper}.`
  }
}

/** Whether a hit is the end of the tier at which the policies, asked again, deny it too. */
function isByEnd({ policy }: Joined, text: string | undefined): boolean {
  const [told, found] = [policy?.hit, text].map((each) => (each === undefined ? undefined : parsePolicyHit(each).hit))
  return found?.rule === 'none' && told?.rule === 'none' && told.tier === found.tier
}

function deniedSentence(joined: Joined, { decided, sure }: Decision): string {
  const at: Readonly<Record<Place, string>> = {
    source: `before it left ${endWords(joined, 'source')}`,
    way: 'on the way',
    destination: `on arrival at ${endWords(joined, 'dest')}`,
    unknown: 'at a place that is not known',
  }
  const isolating = isByEnd(joined, decided.policy) ? joined.policy?.isolating : undefined
  const by = decided.policy === undefined ? '' : ` by ${policyWords(decided.policy, isolating, joined.policy?.names)}`
  const how = sure
    ? `Denied ${at[decided.where]}${by}`
    : `No answer came; by the policies of that moment it is denied ${at[decided.where]}${by}`
  const fix = fixOf(joined, decided)
  return fix === undefined ? `${how}.` : `${how}; to admit it, ${fix}.`
}

function answerLostSentence(joined: Joined, decision: Decision): string {
  const start = `Reached ${endWords(joined, 'dest')}, which answered; the answer never came back to ${endWords(joined, 'source')}`
  if (decision.decided.by === 'network') return `${start}.`
  return `${start}: dropped by ${dropperWords(decision)}.`
}

function resetSentence(joined: Joined, decision: Decision): string {
  const isSource = decision.fate === 'reset_by_source'
  const end = endWords(joined, isSource ? 'source' : 'dest')
  const isOwnReport = decision.by?.exemplar?.endedBy === 'here'
  const program = isOwnReport ? programOf(decision) : undefined
  const { bytesOut, bytesIn } = factsOf(decision.by)
  const [sent, received] = isOwnReport ? [bytesOut, bytesIn] : [bytesIn, bytesOut]
  const after =
    sent === undefined || received === undefined
      ? ''
      : `, after it had sent ${bytesWords(sent)} and received ${bytesWords(received)}`
  const who = program === undefined ? `by ${end}` : `by the program ${program} of ${end}`
  return `Reset ${who}${after}.`
}

function slowHandshakeSentence(joined: Joined, decision: Decision): string {
  const source = viewsAt(joined, 'source')[0]
  const { handshakeUs, syns = 1 } = factsOf(source)
  const asked = syns > 1 ? `, ${joined.names.source} asked ${timesWords(syns)}` : ''
  const took = `Slow: the handshake took ${durationWords(handshakeUs ?? 0)}${asked}`
  const { dropReason, by, where } = decision.decided
  if (dropReason !== undefined) {
    const place = where === 'destination' ? `at ${endWords(joined, 'dest')}` : `on ${decision.by?.host ?? 'the way'}`
    return `${took}; what it asked first was dropped ${place}: ${by === 'rule' ? 'a netfilter rule' : reasonWords(dropReason)}.`
  }
  if (decision.by?.at === 'destination') return `${took}; answers of ${endWords(joined, 'dest')} did not arrive.`
  return syns > 1 ? `${took}; what it asked first was lost on the way.` : `${took}.`
}

/** Why the destination's side is silent. */
function unseenWords({ reporters, isCrowded, isHandedOn, service }: Joined, dest: string): string {
  if (service !== undefined) return `no record of an endpoint of service ${service} was found`
  if (isHandedOn) return `${dest} hands it on to another address, under which it was not found`
  if (isCrowded)
    return `more than ${grouped(mostRecords)} records speak of this pair in that time, and not all were read`
  switch (reporters.dest.state) {
    case 'none':
      return `no agent reports for ${dest}`
    case 'silent':
      return `the agent of ${dest} was silent then`
    case 'later':
      return `the agent of ${dest} began only after that`
    case 'reports':
      return `the records of ${dest} are not in yet, ask again in half a minute`
  }
}

function cannotTellSentence(joined: Joined, { left }: Decision): string {
  const dest = endWords(joined, 'dest')
  const why = unseenWords(joined, dest)
  if (left !== 'yes') return `Nothing is known of what became of it: ${why}.`
  const from = hostOf(joined, 'source')
  const beyond = isNode(from) ? ` beyond ${from}` : ''
  return `Left ${endWords(joined, 'source')}, nothing came back; what happened${beyond} cannot be told: ${why}.`
}

function rejectedSentence(joined: Joined, decision: Decision): string {
  const row = decision.by?.row
  const reason = row?.drop_reason
  const isUnbacked = reason === noEndpoints.everywhere || reason === noEndpoints.here
  if (!row || !isUnbacked)
    return `Rejected by ${dropperWords(decision)}, which answered in the name of ${joined.names.dest}.`
  const on = isNode(decision.by?.host) ? ` by ${decision.by.host}` : ''
  const service = `service ${String(row.dest_service_namespace)}/${String(row.dest_service_name)}`
  if (reason === noEndpoints.everywhere) return `Refused${on}: ${service} has no endpoints.`
  return `Dropped${on}: ${service} has no endpoint there, and its traffic policy, Local, admits no others.`
}

type Say = (joined: Joined, decision: Decision) => string

const sentences: { readonly [F in Fate]: Say } = {
  denied: deniedSentence,
  rejected: rejectedSentence,
  dropped: droppedSentence,
  nobody_listens: (joined) => `Reached ${endWords(joined, 'dest')}; nobody listens on ${portWords(joined)} there.`,
  refused: (joined, { sure }) =>
    sure
      ? `Refused in the name of ${endWords(joined, 'dest')}: a reset came back, though its own kernel refused nothing; something on the way answered, or the program did.`
      : `Refused in the name of ${endWords(joined, 'dest')}: nobody listens on ${portWords(joined)} there, or a firewall answered; ${unseenWords(joined, joined.names.dest)}.`,
  queue_full: (joined, decision) => {
    const program = programOf(decision)
    const whose = program === undefined ? 'the accept queue' : `the accept queue of ${program}`
    return `Reached ${endWords(joined, 'dest')}; ${whose} was full, so the connection was not taken.`
  },
  lost_on_the_way: (joined) =>
    `Left ${endWords(joined, 'source')}, never reached ${endWords(joined, 'dest')}: lost on the way.`,
  answer_lost: answerLostSentence,
  not_answered: (joined, decision) =>
    `Reached ${endWords(joined, 'dest')}; ${programOf(decision) ?? 'the program there'} took it and did not answer.`,
  no_answer_outside: ({ dest, policy, names }) => {
    const to = printSocketAddress(dest)
    if (policy?.verdict === 'allow') return `Left the cluster for ${to}, no answer; policy is not the cause.`
    return `Left ${names.source} for ${to}, no answer; whether a policy is the cause is not known.`
  },
  reset_by_source: resetSentence,
  reset_by_destination: resetSentence,
  reset_unseen: (joined, { sure }) =>
    sure
      ? `Reset by neither end: ${joined.names.source} and ${joined.names.dest} were both told that the other had, so something between them did.`
      : `Reset; which end did it was not seen.`,
  fell_silent: (joined, decision) => {
    const { resent } = factsOf(decision.by)
    const again = resent === undefined ? '' : ` after sending again ${timesWords(resent)}`
    const isSource = decision.by?.at === 'source'
    const [told, silent] = isSource
      ? [joined.names.source, joined.names.dest]
      : [joined.names.dest, joined.names.source]
    return `Established, then nothing came from ${silent} any more; the kernel of ${told} gave up${again}.`
  },
  slow_handshake: slowHandshakeSentence,
  slow_network: (joined) => {
    const { rttUs } = factsOf(viewsAt(joined, 'source')[0] ?? joined.views[0])
    return `Slow: a round trip between ${joined.names.source} and ${joined.names.dest} takes ${durationWords(rttUs ?? 0)}.`
  },
  cannot_tell: cannotTellSentence,
}

export const sentenceOf = (joined: Joined, decision: Decision): string => sentences[decision.fate](joined, decision)

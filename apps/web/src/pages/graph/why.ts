// The finding of an edge in sentences: what happened, and which rule decided, in the words of the stored trace. Pure.
import { decidingHit, describeHit, type PolicyHit, type Row } from '@margay/model'
import type { Edge } from '@margay/graph'
import { formatCount, formatShare, plural } from '../../format/number.ts'

export interface Ends {
  readonly source: string
  readonly dest: string
}

/** One sentence that says what the edge is. */
export function findingOf({ verdict, tally, deniedShare }: Edge, { source, dest }: Ends): string {
  const { total, deniedAtSource, deniedAtDestination } = tally
  const denied = deniedAtSource.connections + deniedAtDestination.connections
  switch (verdict) {
    case 'denied_at_source':
      return `Everything that ${source} sent to ${dest} was denied before it left: ${connections(denied)}.`
    case 'denied_at_destination':
      return `${source} may send, but ${dest} took nothing: ${connections(denied)} ${denied === 1 ? 'was' : 'were'} denied on arrival.`
    case 'mixed':
      return `${formatShare(deniedShare)} of the connections from ${source} to ${dest} were denied, ${formatCount(denied)} of them.`
    case 'allowed':
      return isUnanswered(tally.allowed.sent, total.received)
        ? `${source} sent to ${dest} and nothing came back.`
        : total.connections === 1
          ? `The one connection from ${source} to ${dest} was allowed.`
          : `All ${connections(total.connections)} from ${source} to ${dest} were allowed.`
  }
}

const connections = (count: number) => plural(count, 'connection')

const isUnanswered = (sent: number, received: number) => sent > 0 && received === 0

/** Whether an allowed edge had no answer at all, which policy does not explain. */
export const hasNoAnswer = ({ verdict, tally }: Edge): boolean =>
  verdict === 'allowed' && isUnanswered(tally.allowed.sent, tally.total.received)

export const noAnswerText = 'Left the cluster, no answer; Calico policy is not the cause.'

/** Which side's rule speaks in a record. */
const directionOf = ({ reporter }: Row): 'Ingress' | 'Egress' => (reporter === 'dst' ? 'Ingress' : 'Egress')

/** Why, in words: what the other side did, and what decided. */
export function reasonOf(row: Row, trace: readonly PolicyHit[], { source, dest }: Ends): string {
  const hit = decidingHit(trace)
  const who = directionOf(row) === 'Ingress' ? `Ingress to ${dest}` : `Egress from ${source}`
  const before = directionOf(row) === 'Ingress' && row['action'] === 'deny' ? `Egress from ${source} is allowed. ` : ''
  if (!hit) return `${before}${who}: no policy trace was stored with the record.`
  const outcome = hit.action === 'deny' ? 'denied' : 'allowed'
  return `${before}${who} is ${outcome} by ${describeHit(hit)}.`
}

const evidenceWords: Readonly<Record<string, string>> = {
  observed: 'Observed',
  evaluated: 'Evaluated from the policies of that moment',
  unknown: 'Not observed: the verdict is what the reporter knew',
}

/** Where the verdict comes from: `Observed on node-3.` */
export function evidenceOf({ evidence, host }: Row): string {
  const how = evidenceWords[String(evidence ?? '')] ?? 'As the record says'
  return host === undefined ? `${how}.` : `${how}, reported by ${String(host)}.`
}

// What one record says, in sentences. Pure. A record is one reporter's view of one interval, so the sentences say what was
// seen and by whom, and never more than that.
import type { Row } from '@margay/model'
import { formatBytes, formatCount, formatDuration, plural } from '../format/number.ts'
import { isUnanswered, leavesCluster } from '../log-table/verdict.ts'

/** `checkout-7d9f-* in shop`, or the network's name with its address. */
function endpoint(row: Row, end: 'source' | 'dest'): string {
  const name = text(row[`${end}_name_aggr`]) ?? text(row[`${end}_name`])
  const namespace = text(row[`${end}_namespace`])
  const address = text(row[`${end}_ip`])
  if (name === 'pub') return networkName('the public network', address, row, end)
  if (name === 'pvt') return networkName('a private network', address, row, end)
  if (!name) return address ?? 'an unknown endpoint'
  return namespace ? `${name} in ${namespace}` : name
}

function networkName(network: string, address: string | undefined, row: Row, end: 'source' | 'dest'): string {
  const domains = end === 'dest' && Array.isArray(row.dest_domains) ? (row.dest_domains as readonly string[]) : []
  const [domain] = domains
  if (domain) return `${domain}${domains.length > 1 ? ` (or ${domains.slice(1).join(', ')})` : ''} on ${network}`
  return address ? `${address} on ${network}` : network
}

/** The text of a field, undefined also where it is the sign for "none". */
const text = (value: Row[string]): string | undefined =>
  typeof value === 'string' && value !== '' && value !== '-' ? value : undefined

const port = (row: Row): string => {
  const proto = text(row.proto) ?? 'an unknown protocol'
  return row.dest_port === undefined ? `by ${proto}` : `on ${proto} ${String(row.dest_port)}`
}

const outcomes: Readonly<Record<string, string>> = {
  refused: 'The peer refused: it was reached, and nobody listens there or it answered with a reset.',
  unanswered: 'No answer came.',
  dropped: 'The kernel dropped packets.',
  reset: 'It was reset after it was established.',
}

/** Required of an allowed flow to the outside whose answer never came: it must not be looked for in policy. */
export const noAnswerOutside = 'Left the cluster, no answer; Calico policy is not the cause.'
const noAnswerInside = 'Nothing came back; the source alone cannot tell why.'

function verdictSentence(row: Row): string {
  if (row.action === 'allow')
    return row.reporter === 'dst' ? 'The destination’s policy allowed it.' : 'Policy allowed it at the source.'
  if (row.action !== 'deny') return 'The record has no verdict.'
  if (row.reporter === 'dst') return 'It was denied at the destination.'
  return row.reporter === 'fwd' ? 'It was denied on the way, where it was forwarded.' : 'It was denied at the source.'
}

/** A flow record in words: what happened, the verdict, and what came of it. */
export function flowSentences(row: Row): readonly string[] {
  const times = row.num_flows === undefined ? '' : ` ${plural(Number(row.num_flows), 'time')}`
  const seconds = Number(row.end_time ?? 0) - Number(row.start_time ?? 0)
  const during = seconds > 0 ? ` within ${formatDuration(seconds)}` : ''
  const verb = row.action === 'deny' || row.outcome === 'unanswered' || row.outcome === 'refused' ? 'tried' : 'talked'
  const opening = `${endpoint(row, 'source')} ${verb}${times}${during} to ${endpoint(row, 'dest')} ${port(row)}.`
  const said = [opening, verdictSentence(row)]
  if (isUnanswered(row)) said.push(leavesCluster(row) ? noAnswerOutside : noAnswerInside)
  else if (row.action === 'allow' && outcomes[String(row.outcome)]) said.push(outcomes[String(row.outcome)]!)
  if (text(row.drop_reason)) said.push(`The kernel’s reason for the drop is ${text(row.drop_reason)}.`)
  if (row.direction === 'unknown') said.push('Who started it is not known: the connection is older than the agent.')
  if (row.counts === false) said.push('Totals leave this record out: the other end reported the same conversation.')
  return said
}

const codes: Readonly<Record<string, string>> = {
  NOERROR: 'The name was answered.',
  NXDOMAIN: 'The name does not exist.',
  SERVFAIL: 'The server could not resolve it.',
  REFUSED: 'The server refused to answer.',
}

/** A DNS record in words. */
export function dnsSentences(row: Row): readonly string[] {
  const client = text(row.client_name_aggr) ?? text(row.client_name) ?? text(row.client_ip) ?? 'An unknown client'
  const namespace = text(row.client_namespace)
  const asked = `${client}${namespace ? ` in ${namespace}` : ''} asked for ${text(row.qname) ?? 'an unreadable name'}`
  const count = Number(row.count ?? 1)
  const said = [`${asked} (${text(row.qtype) ?? '?'})${count > 1 ? ` ${formatCount(count)} times` : ''}.`]
  if (row.outcome === 'unanswered') said.push('No answer came.')
  else if (row.outcome === 'malformed') said.push('The answer could not be read.')
  else said.push(codes[String(row.rcode)] ?? `The answer’s code is ${text(row.rcode) ?? 'not known'}.`)
  const tries = Number(row.tries ?? 0)
  if (tries > count) said.push(`It took ${formatCount(tries)} questions for ${plural(count, 'lookup')}.`)
  return said
}

/** What moved, in one line; undefined where nothing was counted. */
export function volume(row: Row): string | undefined {
  if (row.bytes_in === undefined && row.bytes_out === undefined) return undefined
  return `${formatBytes(Number(row.bytes_in ?? 0))} in, ${formatBytes(Number(row.bytes_out ?? 0))} out`
}

const evidences: Readonly<Record<string, string>> = {
  observed: 'The verdict was observed: a rule’s own trace or a drop in the kernel said so.',
  evaluated: 'The verdict was evaluated by Margay from the policies and labels of that moment.',
  unknown: 'Which rule decided is not known.',
}

/** Who saw it, and where the verdict comes from. */
export function evidenceSentence(row: Row): string {
  const host = text(row.host)
  const seen = `Seen by ${text(row.origin) ?? 'an unnamed source'}${host ? ` on ${host}` : ''}.`
  return `${seen} ${evidences[String(row.evidence)] ?? 'The record does not say where its verdict comes from.'}`
}

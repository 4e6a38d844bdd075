// One lookup as one line for people.
import type { DnsRow } from '@margay/model'
import type { LineOptions } from './flow-line.ts'
import { formatDuration, formatTime } from './numbers.ts'
import type { Paint } from './paint.ts'
import { safeText } from './safe-text.ts'

function result(row: DnsRow, paint: Paint): string {
  if (row.outcome === 'unanswered') return paint.warn('no answer')
  if (row.outcome === 'malformed') return paint.warn('malformed answer')
  if (row.rcode === 'NOERROR') return paint.allow('NOERROR')
  return row.rcode === 'NXDOMAIN' ? paint.warn('NXDOMAIN') : paint.deny(row.rcode ?? '?')
}

const answers = (row: DnsRow): string => (row['rrsets.rdata'] ?? []).flat().map(safeText).join(', ')

export function dnsLine(row: DnsRow, { paint, utc, now }: LineOptions, provisional = false): string {
  const time = formatTime(row.end_time ?? row.start_time ?? 0, now, utc)
  const client = `${row.client_namespace ?? '-'}/${row.client_name ?? row.client_name_aggr ?? '?'}`
  const shown = row.client_namespace === undefined && row.client_ip !== undefined ? row.client_ip : client
  const count = Number(row.count ?? 1)
  const tries = Number(row.tries ?? count)
  const times = tries > count ? `${count}×, ${tries} tries` : `${count}×`
  const parts = [
    paint.faint(provisional ? `~${time}` : ` ${time}`),
    `${safeText(shown)} ${paint.faint('asks')} ${row.qtype ?? '?'} ${safeText(row.qname ?? '?')}`,
    `${result(row, paint)} ${answers(row)}`.trimEnd(),
    paint.faint(`${times} ${row.latency_mean === undefined ? '' : formatDuration(row.latency_mean, 'ns')}`.trimEnd()),
    row.process_name === undefined || row.process_name === '-' ? '' : safeText(row.process_name),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

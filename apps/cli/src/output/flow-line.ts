// One flow as one line for people: when, verdict, who to whom, how much, which program, who decided.
import type { FlowRow } from '@margay/model'
import { formatBytes, formatCount, formatDuration, formatTime } from './numbers.ts'
import type { Paint } from './paint.ts'
import { safeText } from './safe-text.ts'

export interface LineOptions {
  readonly paint: Paint
  readonly utc: boolean
  readonly now: Date
}

/** A printed text and its width without colours. */
interface Cell {
  readonly text: string
  readonly width: number
}

const plain = (text: string): Cell => ({ text, width: text.length })
const painted = (text: string, paint: (text: string) => string): Cell => ({ text: paint(text), width: text.length })
const pad = ({ text, width }: Cell, to: number) => text + ' '.repeat(Math.max(0, to - width))

const isNamed = (text: string | undefined): text is string => text !== undefined && text !== '' && text !== '-'

type End = 'source' | 'dest'

const outside: Readonly<Record<string, string>> = { pub: 'public', pvt: 'private' }

/** `namespace/pod`, or what is known of an end that is no pod: its names, else its network and address. */
function endText(row: FlowRow, end: End): string {
  const name = row[`${end}_name`]
  const aggregated = row[`${end}_name_aggr`]
  const namespace = row[`${end}_namespace`]
  const ip = row[`${end}_ip`]
  const shown = isNamed(name) ? name : aggregated
  if (isNamed(namespace)) return safeText(`${namespace}/${shown ?? '?'}`)
  const domain = end === 'dest' ? row.dest_domains?.[0] : undefined
  const network = shown === undefined ? undefined : outside[shown]
  if (domain !== undefined) return safeText(ip === undefined ? domain : `${domain} (${ip})`)
  if (network !== undefined) return ip === undefined ? network : `${network} ${ip}`
  return safeText(isNamed(shown) ? shown : (ip ?? '?'))
}

/** An address with a port after it; an IPv6 address is put between brackets. */
const withPort = (text: string, port: number | undefined) => {
  if (port === undefined) return text
  return /:[0-9a-f]*:/.test(text) && !text.includes('(')
    ? `${text.replace(/([0-9a-f:]+)$/, '[$1]')}:${port}`
    : `${text}:${port}`
}

/** The verdict as word and sign: colour is never alone. */
function verdict(row: FlowRow, paint: Paint): Cell {
  if (row.action === 'deny') {
    return row.reporter === 'dst' ? painted('✕ dest', paint.denyDest) : painted('✕ source', paint.deny)
  }
  if (row.outcome !== undefined && row.outcome !== 'established') return painted(row.outcome, paint.warn)
  return painted(row.action ?? '?', paint.allow)
}

const verdictWidth = 'unanswered'.length

/** Who decided: the last hit of the enforced trace. Hits come unsorted. */
export function deciderOf(hits: readonly string[] | undefined): string | undefined {
  const ordered = [...(hits ?? [])].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  const parts = ordered.at(-1)?.split('|')
  if (!parts || parts.length < 5) return undefined
  const [, tier, name, , rule] = parts
  if (tier === '__PROFILE__') return 'no policy'
  if (rule === '-1') return `${name}, no rule matched`
  return rule === '-2' ? name : `${name} rule ${rule}`
}

function amounts(row: FlowRow): string {
  const connections = `${formatCount(row.num_flows)} ${row.num_flows === 1 ? 'conn' : 'conns'}`
  const rtt = row.tcp_mean_smooth_rtt
  const parts = [connections, `↑${formatBytes(row.bytes_out)}`, `↓${formatBytes(row.bytes_in)}`]
  if (rtt !== undefined) parts.push(formatDuration(rtt, 'us'))
  return parts.join(' ')
}

function program({ process_name: name, process_id: pid }: FlowRow): string {
  if (!isNamed(name)) return ''
  const shown = name === '*' ? 'several programs' : safeText(name)
  return isNamed(pid) && pid !== '*' ? `${shown}[${pid}]` : shown
}

/** One line without its end. `provisional` rows are marked with `~`: the last second's, not stored yet. */
export function flowLine(row: FlowRow, { paint, utc, now }: LineOptions, provisional = false): string {
  const time = formatTime(row.end_time ?? row.start_time ?? 0, now, utc)
  const target = withPort(endText(row, 'dest'), row.dest_port)
  const decided = row.action === 'deny' ? deciderOf(row['policies.enforced_policies']) : undefined
  const by = decided ?? (row.action === 'deny' ? row.drop_reason : undefined)
  const parts = [
    paint.faint(provisional ? `~${time}` : ` ${time}`),
    paint.faint((row.reporter ?? '?').padEnd(3)),
    pad(verdict(row, paint), verdictWidth),
    `${endText(row, 'source')} ${paint.faint('→')} ${target} ${paint.faint(row.proto ?? '')}`,
    paint.faint(amounts(row)),
    program(row),
    by === undefined ? '' : paint.deny(`by ${safeText(by)}`),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

export { pad, painted, plain }
export type { Cell }

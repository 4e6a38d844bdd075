// One connection that went wrong or was slow, whole, as one end saw it: the element of the flow log's `exemplars`. It is
// one text, so that it can be searched, exported and read by people without a tool:
//
//   2026-11-25T20:18:24.123Z refused tcp 10.77.0.1:40000>10.77.0.2:8080 via=10.96.0.20:80 syns=1
//
// Time of its start, how it went, protocol, source and destination as this end saw them, then `name=value` for what is
// known beyond that. Texts of one row sort by time. What must stay true: parsing what was printed gives the same value.
import { failedOutcomes } from './failed.ts'
import { parseIp, printIp } from './ip.ts'

/** How it went: a failed outcome of the flow log, or `slow` for one that was established. */
export const exemplarWords = [...failedOutcomes, 'slow'] as const
export type ExemplarWord = (typeof exemplarWords)[number]

/** Who ended a connection that was reset: the end that reports, its peer, or neither, as nothing came back any more. */
const enders = ['here', 'peer', 'silence'] as const

export interface SocketAddress {
  readonly ip: string
  /** Absent for protocols without ports. */
  readonly port?: number
}

export interface Exemplar {
  /** Start of the connection, milliseconds since 1970. Of a packet that no socket is known for, when it was thrown away. */
  readonly startMs: number
  readonly went: ExemplarWord
  /** As the flow log's `proto`. */
  readonly proto: string
  readonly source: SocketAddress
  readonly dest: SocketAddress
  /** What the program dialled, where conntrack led it elsewhere. */
  readonly dialled?: SocketAddress
  /** The kernel's name of the reason. */
  readonly dropReason?: string
  /** Times that the source asked for the connection. */
  readonly syns?: number
  /** Times that the destination answered without the source taking the answer. */
  readonly answers?: number
  /** From the first question to the answer. */
  readonly handshakeUs?: number
  /** Smoothed round trip. */
  readonly rttUs?: number
  /** Segments sent again after the handshake. */
  readonly resent?: number
  /** Payload. */
  readonly bytesOut?: number
  readonly bytesIn?: number
  readonly endedBy?: (typeof enders)[number]
}

const numbers = [
  ['syns', 'syns'],
  ['answers', 'answers'],
  ['handshakeUs', 'handshake_us'],
  ['rttUs', 'rtt_us'],
  ['resent', 'resent'],
  ['bytesOut', 'bytes_out'],
  ['bytesIn', 'bytes_in'],
] as const satisfies readonly (readonly [keyof Exemplar, string])[]

/** `10.0.0.1:80`, `[fd00::1]:80`; without a port the address alone. */
export function printSocketAddress({ ip, port }: SocketAddress): string {
  if (port === undefined) return ip
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

function parsePort(text: string): number | undefined {
  const port = Number(text)
  return /^\d{1,5}$/.test(text) && port <= 65_535 ? port : undefined
}

const ipOf = (text: string): string | undefined => {
  const bytes = parseIp(text)
  return bytes && printIp(bytes)
}

export function parseSocketAddress(text: string): SocketAddress | undefined {
  const alone = ipOf(text)
  if (alone !== undefined) return { ip: alone }
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  const ip = ipOf(bracketed ?? plain ?? '')
  const port = parsePort(portText ?? '')
  return ip === undefined || port === undefined ? undefined : { ip, port }
}

/** The text that is stored. */
export function printExemplar(exemplar: Exemplar): string {
  const { startMs, went, proto, source, dest, dialled, dropReason, endedBy } = exemplar
  const known = numbers.flatMap(([member, name]) =>
    exemplar[member] === undefined ? [] : [`${name}=${exemplar[member]}`],
  )
  return [
    new Date(startMs).toISOString(),
    went,
    proto,
    `${printSocketAddress(source)}>${printSocketAddress(dest)}`,
    ...(dialled ? [`via=${printSocketAddress(dialled)}`] : []),
    ...(dropReason === undefined ? [] : [`drop=${dropReason}`]),
    ...known,
    ...(endedBy === undefined ? [] : [`by=${endedBy}`]),
  ].join(' ')
}

const isWord = (text: string | undefined): text is ExemplarWord => (exemplarWords as readonly unknown[]).includes(text)

/** Reads the text; undefined where it is none. Names that a newer agent adds are stepped over. */
export function parseExemplar(text: string): Exemplar | undefined {
  const [time = '', went, proto, ends = '', ...rest] = text.split(' ')
  const startMs = Date.parse(time)
  const [source, dest] = ends.split('>').map(parseSocketAddress)
  if (!Number.isFinite(startMs) || !isWord(went) || !proto || !source || !dest) return undefined
  const named = new Map(rest.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  const known = numbers.flatMap(([member, name]) => {
    const value = named.get(name)
    return value !== undefined && /^\d+$/.test(value) ? [[member, Number(value)]] : []
  })
  const dialled = parseSocketAddress(named.get('via') ?? '')
  const dropReason = named.get('drop')
  const endedBy = enders.find((ender) => ender === named.get('by'))
  return {
    startMs,
    went,
    proto,
    source,
    dest,
    ...(dialled && { dialled }),
    ...(dropReason !== undefined && { dropReason }),
    ...(Object.fromEntries(known) as Partial<Exemplar>),
    ...(endedBy && { endedBy }),
  }
}

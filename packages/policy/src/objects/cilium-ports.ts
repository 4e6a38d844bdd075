// toPorts and icmps of Cilium's rules: what a rule demands at layer 4, as alternatives.
import {
  child,
  fail,
  isPresent,
  type Place,
  readList,
  readObject,
  readText,
  readWhole,
  readWord,
  required,
} from './place.ts'
import type { IcmpMatch, PortMatch } from './policy.ts'
import { protocolNumbers } from './ports.ts'

/** One layer-4 alternative of a rule. */
export interface Layer4 {
  readonly protocols?: readonly number[]
  readonly ports?: readonly PortMatch[]
  readonly icmp?: IcmpMatch
  readonly ipVersion?: 4 | 6
  readonly unevaluated?: readonly string[]
}

const { tcp = 6, udp = 17, sctp = 132, icmp = 1, icmpv6 = 58 } = protocolNumbers

const protocols = {
  TCP: [tcp],
  UDP: [udp],
  SCTP: [sctp],
  ICMP: [icmp],
  ICMPV6: [icmpv6],
  ICMPv6: [icmpv6],
  ANY: [tcp, udp, sctp],
} as const

const protocolWords = ['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPV6', 'ICMPv6', 'ANY'] as const

/** `"0"` stands for every port. */
function readPortText(place: Place, end: number | undefined): PortMatch | 'every' | undefined {
  const text = typeof place.value === 'number' ? String(place.value) : readText(place)
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text))
    return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(text)
      ? { name: text.toLowerCase() }
      : fail(place, `want a port or a port name, got "${text}"`)
  const from = Number(text)
  if (from > 65535) return fail(place, `want a port from 0 to 65535, got "${text}"`)
  return from === 0 && !end ? 'every' : { from, to: end && end > from ? end : from }
}

function readPort(place: Place): Layer4 | undefined {
  const object = readObject(place, ['port', 'endPort', 'protocol'])
  if (!object) return undefined
  const word = readWord(child(object, 'protocol'), protocolWords) ?? 'ANY'
  const end = readWhole(child(object, 'endPort'), 0, 65535)
  const port = isPresent(child(object, 'port')) ? readPortText(child(object, 'port'), end) : 'every'
  if (!port) return undefined
  return { protocols: protocols[word], ...(port !== 'every' && { ports: [port] }) }
}

const unread = ['rules', 'terminatingTLS', 'originatingTLS', 'serverNames', 'listener'] as const

function readPortRule(place: Place): readonly Layer4[] {
  const object = readObject(place, ['ports', ...unread])
  if (!object) return []
  const unevaluated = unread.filter((key) => isPresent(child(object, key))).map((key) => `toPorts.${key}`)
  const entries = readList(child(object, 'ports')) ?? []
  const read = entries.length > 0 ? entries.flatMap((entry) => readPort(entry) ?? []) : [{}]
  return read.map((layer) => ({ ...layer, ...(unevaluated.length > 0 && { unevaluated }) }))
}

/** Names that Cilium takes for ICMP types, as far as IANA's registry and its documentation agree. */
const icmpNames: Readonly<Record<'IPv4' | 'IPv6', Readonly<Record<string, number>>>> = {
  IPv4: {
    EchoReply: 0,
    DestinationUnreachable: 3,
    Redirect: 5,
    Echo: 8,
    EchoRequest: 8,
    RouterAdvertisement: 9,
    RouterSelection: 10,
    TimeExceeded: 11,
    ParameterProblem: 12,
    Timestamp: 13,
    TimestampReply: 14,
    Photuris: 40,
    ExtendedEchoRequest: 42,
    ExtendedEchoReply: 43,
  },
  IPv6: {
    DestinationUnreachable: 1,
    PacketTooBig: 2,
    TimeExceeded: 3,
    ParameterProblem: 4,
    EchoRequest: 128,
    EchoReply: 129,
    MulticastListenerQuery: 130,
    MulticastListenerReport: 131,
    MulticastListenerDone: 132,
    RouterSolicitation: 133,
    RouterAdvertisement: 134,
    NeighborSolicitation: 135,
    NeighborAdvertisement: 136,
    RedirectMessage: 137,
  },
}

function icmpType(place: Place, family: 'IPv4' | 'IPv6'): number | undefined {
  const { value } = place
  if (typeof value !== 'string' || /^\d+$/.test(value)) return readWhole({ ...place, value: Number(value) }, 0, 255)
  const names = icmpNames[family]
  return Object.hasOwn(names, value)
    ? names[value]
    : fail(place, `unknown ICMP type "${value}"; one of ${Object.keys(names).join(', ')}`)
}

function readIcmpField(place: Place): Layer4 | undefined {
  const object = readObject(place, ['type', 'family'])
  if (!object) return undefined
  const family = readWord(child(object, 'family'), ['IPv4', 'IPv6']) ?? 'IPv4'
  const type = required(child(object, 'type'), (at) => icmpType(at, family))
  if (type === undefined) return undefined
  return { protocols: [family === 'IPv4' ? icmp : icmpv6], icmp: { type }, ipVersion: family === 'IPv4' ? 4 : 6 }
}

/** Layer-4 alternatives; undefined when the rule says nothing about layer 4, which means any. */
export function readLayer4(rule: Place): readonly Layer4[] | undefined {
  const ports = readList(child(rule, 'toPorts'))
  const icmps = readList(child(rule, 'icmps'))
  if (!ports?.length && !icmps?.length) return undefined
  return [
    ...(ports ?? []).flatMap(readPortRule),
    ...(icmps ?? []).flatMap((entry) =>
      (readList(child(entry, 'fields')) ?? []).flatMap((field) => readIcmpField(field) ?? []),
    ),
  ]
}

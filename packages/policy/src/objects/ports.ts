// Protocols and ports as the policy kinds write them.
import { child, fail, isPresent, type Place, readList, readObject, readWhole } from './place.ts'
import type { PortMatch } from './policy.ts'

export const protocolNumbers: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
}

const spelled = 'TCP, UDP, SCTP, ICMP, ICMPv6, UDPLite or a number from 1 to 255'

/** The number of a protocol given by name, in any case, or by number; undefined when it is neither. */
export function protocolNumber(value: unknown): number | undefined {
  const text = String(value).toLowerCase()
  const named = Object.hasOwn(protocolNumbers, text) ? protocolNumbers[text] : undefined
  if (named !== undefined) return named
  if (text === 'icmp6') return protocolNumbers.icmpv6
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined
}

/** `tcp`, `udp`, …, else the number. */
export function protocolName(number: number): string {
  const found = Object.entries(protocolNumbers).find(([, value]) => value === number)
  return found?.[0] ?? String(number)
}

export function readProtocol(place: Place): number | undefined {
  if (!isPresent(place)) return undefined
  const isScalar = typeof place.value === 'string' || typeof place.value === 'number'
  const number = isScalar ? protocolNumber(place.value) : undefined
  return number || fail(place, `want ${spelled}, got ${JSON.stringify(place.value)}`)
}

const portNamePattern = /^[a-zA-Z0-9_.-]{1,128}$/
const portWish = 'want a port from 0 to 65535, "min:max", or a port name'

function readPortText(place: Place, text: string): PortMatch | undefined {
  const range = /^(\d{1,5}):(\d{1,5})$/.exec(text)
  const from = Number(range ? range[1] : text)
  const to = Number(range ? range[2] : text)
  const isNumeric = range !== null || /^\d+$/.test(text)
  if (isNumeric) return to <= 65535 && from <= to ? { from, to } : fail(place, `${portWish}, got "${text}"`)
  return portNamePattern.test(text) ? { name: text } : fail(place, `${portWish}, got "${text}"`)
}

/** A port of Calico's kinds: number, `"min:max"` or name. */
export function readPort(place: Place): PortMatch | undefined {
  const { value } = place
  if (typeof value === 'string') return readPortText(place, value)
  const port = readWhole(place, 0, 65535)
  return port === undefined ? undefined : { from: port, to: port }
}

const mostPorts = 50

export function readPorts(place: Place): readonly PortMatch[] | undefined {
  return readList(place, mostPorts)?.flatMap((entry) => readPort(entry) ?? [])
}

/** Ports that belong together because their protocol is the same; null protocol means any. */
export interface PortGroup {
  readonly protocol: number | null
  /** Absent means every port. */
  readonly ports?: readonly PortMatch[]
}

/**
 * Groups single ports by protocol, in the order in which Felix numbers the rules that come of them (by the protocol's
 * printed name). An entry without port makes its whole protocol match.
 */
export function groupPorts(
  entries: readonly { readonly protocol: number | null; readonly port?: PortMatch }[],
): readonly PortGroup[] {
  const groups = new Map<number | null, PortMatch[] | null>()
  for (const { protocol, port } of entries) {
    const known = groups.get(protocol)
    if (known === null) continue
    groups.set(protocol, port ? [...(known ?? []), port] : null)
  }
  const name = (protocol: number | null) => (protocol === null ? '' : protocolName(protocol).toUpperCase())
  return [...groups]
    .sort(([a], [b]) => (name(a) < name(b) ? -1 : 1))
    .map(([protocol, ports]) => ({ protocol, ...(ports && { ports }) }))
}

/** A port of Kubernetes' NetworkPolicy: number or name, `endPort` closes a range. */
export function readKubernetesPort(
  place: Place,
): { readonly protocol: number | null; readonly port?: PortMatch } | undefined {
  const object = readObject(place, ['protocol', 'port', 'endPort'])
  if (!object) return fail(place, 'want an object with protocol and port')
  const protocol = isPresent(child(object, 'protocol')) ? readProtocol(child(object, 'protocol')) : protocolNumbers.tcp
  if (protocol === undefined) return undefined
  const portPlace = child(object, 'port')
  if (!isPresent(portPlace)) return { protocol }
  const port = readPort(portPlace)
  if (!port) return undefined
  const endPlace = child(object, 'endPort')
  if (!isPresent(endPlace)) return { protocol, port }
  if ('name' in port) return fail(endPlace, 'endPort needs a numeric port')
  const to = readWhole(endPlace, port.from, 65535)
  return to === undefined ? undefined : { protocol, port: { from: port.from, to } }
}

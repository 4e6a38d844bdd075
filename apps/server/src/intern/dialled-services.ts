// Services as the rows of a frame dialled them: which one, who stands behind it where nothing was translated, whether anybody
// does, and whom policy is asked about. Made for a frame and a moment; what is asked for one row holds for all that dialled the
// same.
import type { Frame, ValueColumn } from '@margay/wire'
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'
import type { Taker, Unbacked } from '../inventory/services.ts'
import type { Place, Places } from '../judge/places.ts'
import type { Moment, NameDeps } from './frame-names.ts'
import { memo } from './frame-names.ts'
import type { FrameSeries } from './frame-rows.ts'
import { numbersOf, valuesOf } from './frame-rows.ts'

const ports = 65_536

type Ask = (ip: string, port: number, proto: string) => ServicePort | undefined
type ServiceNames = (series: FrameSeries, row: number) => ServicePort | undefined

/** The port that a series is about; 0 for protocols without ports. */
export const destPortOf = ({ definition }: FrameSeries): number => Number(definition.dimensions.dest_port ?? 0)

/**
 * The service that each row dialled, if one was. Where nothing was translated the destination is what was dialled: a
 * headless service's endpoint, or a service's own address that nothing stands behind. Connections that all began before the
 * row's interval keep the service that had the address then.
 */
export function serviceNames(frame: Frame, { at, since }: Moment, { inventory }: NameDeps): ServiceNames {
  const dialled = valuesOf(frame, 'dialled_ip')
  const dests = valuesOf(frame, 'dest_ip')
  const dialledPorts = numbersOf(frame, 'dialled_port')
  const started = numbersOf(frame, 'num_flows_started')
  const known = new Map<string, Map<number, ServicePort | undefined>>()
  const newPlaces = () => new Map<number, ServicePort | undefined>()
  const began: Ask = (ip, port, proto) => inventory.serviceAt(ip, port, proto, at)
  const translated: Ask = (ip, port, proto) => began(ip, port, proto) ?? inventory.translatedAt(ip, port, proto, at)
  const ask = {
    dest: began,
    dialled: translated,
    running: (ip, port, proto) => inventory.translatedAt(ip, port, proto, since) ?? translated(ip, port, proto),
  } satisfies Readonly<Record<string, Ask>>
  const find = (
    proto: string,
    from: keyof typeof ask,
    { dictionary, index }: ValueColumn,
    row: number,
    port: number,
  ) => {
    const entry = index[row]!
    const ip = dictionary[entry] as string | undefined
    if (ip === undefined || Number.isNaN(port)) return undefined
    const ofProto = memo(known, `${from} ${proto}`, newPlaces)
    const place = entry * ports + port
    // Fast path: found without a function that would make it.
    return ofProto.get(place) ?? memo(ofProto, place, () => ask[from](ip, port, proto))
  }
  return (series, row) => {
    const isTranslated = dialled.dictionary[dialled.index[row]!] !== undefined
    if (!isTranslated) return find(series.proto, 'dest', dests, row, destPortOf(series))
    return find(series.proto, started[row] === 0 ? 'running' : 'dialled', dialled, row, dialledPorts[row]!)
  }
}

/**
 * The workloads behind service addresses that were dialled and not translated: whoever was refused before that, or whose
 * translation nobody saw, dialled one of its pods all the same.
 */
export function workloadsBehind(frame: Frame, { at }: Moment, { inventory }: NameDeps) {
  const { dictionary, index } = valuesOf(frame, 'dest_ip')
  const known = new Map<number, Endpoint | undefined>()
  return (service: ServicePort, series: FrameSeries, row: number): Endpoint | undefined =>
    memo(known, service.id, () => {
      const ip = dictionary[index[row]!] as string | undefined
      return ip === undefined ? undefined : inventory.workloadBehind(ip, destPortOf(series), series.proto, at)
    })
}

/** The node that took a connection, where that is the reporter's own. */
function takerOf(host: string, source: Endpoint, dest: Endpoint): Taker | undefined {
  if (source.node === host) return { node: host, isFromHere: true }
  return dest.node === host ? { node: host, isFromHere: false } : undefined
}

/**
 * Whether a row was refused in the name of a service without endpoints: dropped by netfilter at the service's own address,
 * untranslated, and no rule said that it was a policy's.
 */
export function createUnbackedTest(frame: Frame, host: string, { since, at }: Moment, { inventory }: NameDeps) {
  const dialled = valuesOf(frame, 'dialled_ip')
  const dests = valuesOf(frame, 'dest_ip')
  return (series: FrameSeries, row: number, source: Endpoint, dest: Endpoint): Unbacked | undefined => {
    const { action, marks } = series.definition.dimensions
    const isNobodys = action === 'deny' && marks === undefined
    if (!isNobodys || dialled.dictionary[dialled.index[row]!] !== undefined) return undefined
    const ip = dests.dictionary[dests.index[row]!] as string | undefined
    if (ip === undefined) return undefined
    return inventory.unbackedIn(ip, destPortOf(series), series.proto, since, at, takerOf(host, source, dest))
  }
}

/** A service's address as policy sees it, and the nodes on which its endpoints are. */
export interface Meant {
  readonly place: Place
  readonly nodes: ReadonlySet<string | undefined>
}

/**
 * Whoever may have been meant by a service's own address that was dialled and of which no translation was seen. Nodes
 * translate before any policy sees a packet, so that no policy is ever asked about the address.
 */
export function createMeant(frame: Frame, { since, at }: Moment, { inventory }: NameDeps, places: Places) {
  const dialled = valuesOf(frame, 'dialled_ip')
  const { dictionary, index } = valuesOf(frame, 'dest_ip')
  const known = new Map<string, Meant | undefined>()
  const find = (ip: string, series: FrameSeries, source: Endpoint): Meant | undefined => {
    const backends = inventory.backendsIn(ip, destPortOf(series), series.proto, since, at)
    if (!backends) return undefined
    const { service, areRead, isLocal } = backends
    const known = areRead ? backends.all : []
    const every = known.map(({ ip: each, port }) => ({
      endpoint: inventory.endpointAt(each, at, since),
      ip: each,
      port,
    }))
    const all = isLocal ? every.filter(({ endpoint }) => endpoint.node === source.node) : every
    // On such a node nothing is translated.
    if (isLocal && all.length === 0) return undefined
    const hostNode = source.type === 'hep' || source.isOnHost ? source.node : undefined
    const nodes = new Set(all.map(({ endpoint }) => endpoint.node))
    return { place: places.oneOf({ service, all, hostNode }), nodes }
  }
  return (series: FrameSeries, row: number, source: Endpoint): Meant | undefined => {
    const entry = index[row]!
    const ip = dictionary[entry] as string | undefined
    if (ip === undefined || dialled.dictionary[dialled.index[row]!] !== undefined) return undefined
    const isHost = source.type === 'hep' || source.isOnHost === true
    const key = `${entry} ${destPortOf(series)} ${series.proto} ${isHost} ${source.node}`
    return memo(known, key, () => find(ip, series, source))
  }
}

/** The node that may have been meant: the source's, where an endpoint is there, for a drop may then be of either end. */
export function nodeOfMeant({ nodes }: Meant, source: Endpoint): string | undefined {
  if (nodes.has(source.node)) return source.node
  return nodes.size === 1 ? [...nodes][0] : undefined
}

// Whoever stands behind a service's own address, in the cluster of a moment: nodes translate before any policy sees a packet,
// so that whoever asks policies about such an address asks about each of them.
import type { Address, Flow, FlowEnd } from '@margay/policy'
import { parseAddress, podKey, printAddress, protocolName } from '@margay/policy'
import type { Backends, Inventory } from '../../inventory/index.ts'
import { createInventory } from '../../inventory/index.ts'
import type { StoredObject } from '../../objects/index.ts'
import { ApiError } from '../../http/problem.ts'
import { listOf, textOf } from './document.ts'
import type { ClusterState } from './state.ts'

/** An address as it was dialled. */
export interface Dialled {
  readonly ip: string
  readonly port: number
}

export interface ServiceEnds {
  /** `pay/api`. */
  readonly service: string
  /** The flow to each that may have been meant, at the port that it answers on. */
  readonly flows: readonly Flow[]
}

/** Whether a service says anywhere that an address is its own: most addresses that are asked about are no service's. */
function mentions({ document }: StoredObject, ip: string): boolean {
  const { spec, status } = document as { readonly spec?: unknown; readonly status?: unknown }
  return JSON.stringify([spec, status]).includes(`"${ip}"`)
}

/** Services that may be dialled by an address. */
export const servicesOfAddress = (state: ClusterState, address: Address): readonly StoredObject[] =>
  documentsIn(state, 'Service').filter((each) => mentions(each, printAddress(address)))

/** The services that an address may be of, with their slices; all of it is of one moment. */
function servicesAt(state: ClusterState, ip: string): Inventory | undefined {
  const address = parseAddress(ip)
  const services = address ? servicesOfAddress(state, address) : []
  if (services.length === 0) return undefined
  const names = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`))
  const slices = documentsIn(state, 'EndpointSlice').filter(({ namespace, document: { metadata } }) => {
    const { labels } = metadata as { readonly labels?: Readonly<Record<string, string>> }
    return names.has(`${namespace}/${labels?.['kubernetes.io/service-name']}`)
  })
  const inventory = createInventory()
  for (const version of [...services, ...slices]) inventory.put(version, 0)
  return inventory
}

const documentsIn = ({ versions }: ClusterState, kind: string): readonly StoredObject[] =>
  versions.filter((version) => version.kind === kind)

/** After whatever the objects say of when they were made. */
const always = Number.MAX_SAFE_INTEGER

function endsOf(
  { service, all, areRead }: Backends,
  { prepared: { lookup } }: ClusterState,
): readonly { readonly end: FlowEnd; readonly port?: number }[] {
  if (!areRead) return [{ end: { unnamed: `an endpoint of ${service}` } }]
  return all.map(({ ip, port }) => {
    const address = parseAddress(ip)!
    const pod = lookup.podAt(address)
    return { end: { ...(pod && { pod: podKey(pod) }), address }, port }
  })
}

/** Undefined where the address is no service's own. */
export function serviceEndsOf(state: ClusterState, flow: Flow, dialled: Dialled | undefined): ServiceEnds | undefined {
  if (!dialled) return undefined
  const proto = protocolName(flow.protocol).toLowerCase()
  const backends = servicesAt(state, dialled.ip)?.backendsIn(dialled.ip, dialled.port, proto, always, always)
  if (!backends) return undefined
  const { port: _dialled, ...rest } = flow
  const flows = endsOf(backends, state).map(({ end, port }): Flow => ({
    ...rest,
    destination: end,
    ...(port !== undefined && { port }),
  }))
  return { service: backends.service, flows }
}

/** `pay/api`, where an address is that of a service behind whose port nobody stands. */
export function unbackedService(state: ClusterState, { ip, port }: Dialled, protocol: number): string | undefined {
  const services = servicesAt(state, ip)
  const proto = protocolName(protocol).toLowerCase()
  if (services?.unbackedIn(ip, port, proto, always, always) === undefined) return undefined
  const service = services.serviceAt(ip, port, proto, always)
  return service && `${service.namespace}/${service.name}`
}

const portsOf = ({ document }: StoredObject): readonly Readonly<Record<string, unknown>>[] =>
  listOf(document, 'spec', 'ports').filter((each) => typeof each === 'object' && each !== null) as never

const isOf = (each: Readonly<Record<string, unknown>>, proto: string): boolean =>
  (textOf(each, 'protocol') ?? 'TCP').toLowerCase() === proto

/** The number by which services at an address go at a port of this name; undefined where they have none, or are none. */
export function servicePort(state: ClusterState, address: Address, name: string, protocol: number): number | undefined {
  const proto = protocolName(protocol).toLowerCase()
  const ports = servicesOfAddress(state, address).flatMap(portsOf)
  const port = ports.find((each) => each['name'] === name && isOf(each, proto))?.['port']
  return typeof port === 'number' ? port : undefined
}

/** `it has grpc (9090)`. */
function hasWords(ports: ReturnType<typeof portsOf>, proto: string): string {
  const own = ports.filter((each) => isOf(each, proto))
  const titles = own.map(({ name, port }) => (typeof name === 'string' ? `${name} (${String(port)})` : String(port)))
  return titles.length > 0 ? `it has ${titles.join(', ')}` : `it has no ${proto} port`
}

/**
 * Throws where an address is a service's and nobody else's, and the service takes no such port: nobody is there, inside the
 * cluster or outside.
 */
export function checkServicePort(state: ClusterState, address: Address, protocol: number, port?: number): void {
  const { lookup } = state.prepared
  if ((lookup.podAt(address) ?? lookup.nodeAt(address)) || lookup.hostEndpointsAt(address).length > 0) return
  const services = servicesOfAddress(state, address)
  const ports = services.flatMap(portsOf)
  const proto = protocolName(protocol).toLowerCase()
  if (services.length === 0 || ports.some((each) => each['port'] === port && isOf(each, proto))) return
  const names = services.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')
  const what = port === undefined ? `no ${proto}` : `no ${proto} port ${port}`
  throw new ApiError('bad_request', `${what} at ${printAddress(address)}, service ${names}`, {
    hint: port === undefined ? 'a service takes tcp, udp and sctp' : hasWords(ports, proto),
  })
}

/** The addresses of a service's own, the cluster's first; undefined where there is no such service. */
export function addressesOfService(
  state: ClusterState,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): readonly Address[] | undefined {
  const document = state.find({ group: '', kind: 'Service', namespace, name })?.document
  if (!document) return undefined
  const own = listOf(document, 'spec', 'clusterIPs')
  return [textOf(document, 'spec', 'clusterIP'), ...own].flatMap((ip) =>
    typeof ip === 'string' ? (parseAddress(ip) ?? []) : [],
  )
}

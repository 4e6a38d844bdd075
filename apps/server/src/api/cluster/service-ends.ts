// Whoever stands behind a service's own address, in the cluster of a moment: nodes translate before any policy sees a packet,
// so that whoever asks policies about such an address asks about each of them.
import type { Flow, FlowEnd } from '@margay/policy'
import { parseAddress, podKey, protocolName } from '@margay/policy'
import type { Backends, Inventory } from '../../inventory/index.ts'
import { createInventory } from '../../inventory/index.ts'
import type { StoredObject } from '../../objects/index.ts'
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

/** The services that an address may be of, with their slices; all of it is of one moment. */
function servicesAt(state: ClusterState, ip: string): Inventory | undefined {
  const services = documentsIn(state, 'Service').filter((each) => mentions(each, ip))
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

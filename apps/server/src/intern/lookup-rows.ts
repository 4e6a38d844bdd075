// Names the DNS lookups of a frame: the client, and the servers that answered, whose labels belong to the row.
import type { Value } from '@margay/model'
import type { Column, Frame } from '@margay/wire'
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'
import { makeEndpoint, networks } from '../inventory/endpoint.ts'
import type { Provenance } from './dimensions.ts'
import { lookupDimensions } from './dimensions.ts'
import type { FrameNamer } from './flow-rows.ts'
import type { Moment, NameDeps } from './frame-names.ts'
import { createEntryNames, memoByEntry } from './frame-names.ts'
import { valuesOf } from './frame-rows.ts'

interface Servers {
  readonly ends: readonly Endpoint[]
  readonly ids: string
  /** The entry of their labels. */
  readonly labels: number
}

/** Names are asked for here, whatever other ports an agent may look at. */
const namePort = 53
const transports = ['udp', 'tcp'] as const

/** Services as servers, so that the same service is one endpoint. */
const asServers = new WeakMap<ServicePort, Endpoint>()

function serverOf(service: ServicePort): Endpoint {
  const known = asServers.get(service)
  if (known) return known
  const { name, namespace } = service
  const made = makeEndpoint({ type: 'net', name: '-', nameAggr: name, namespace, labels: [] })
  asServers.set(service, made)
  return made
}

/** A client knows the address that it asks, which is nearly always a service's; which pod answered it does not see. */
function serverAt(ip: string, moment: Moment, { identity, inventory }: NameDeps): Endpoint {
  const named = identity.peer(ip, moment)
  if (named.type !== 'net') return named
  const service = transports
    .map((transport) => inventory.serviceAt(ip, namePort, transport, moment.at))
    .find((found) => found !== undefined)
  return service ? serverOf(service) : named
}

export function createLookupNamer(frame: Frame, from: Provenance, deps: NameDeps): FrameNamer {
  const clients = valuesOf(frame, 'client_ip')
  const servers = valuesOf(frame, 'servers.ip')
  const labels: (Value | undefined)[] = [undefined]
  const labelsIndex = new Uint32Array(frame.rows.count)
  const nameServers = (moment: Moment, entry: number): Servers => {
    const ips = (servers.dictionary[entry] as readonly string[] | undefined) ?? []
    const ends = ips.map((ip) => serverAt(ip, moment, deps))
    const place = labels.push(ends.map((end) => end.labels)) - 1
    return { ends, ids: ends.map(({ id }) => id).join(' '), labels: place }
  }
  const columns: [string, Column][] = [['servers.labels', { kind: 'values', dictionary: labels, index: labelsIndex }]]
  return {
    columns: new Map(columns),
    at(moment) {
      const clientNames = createEntryNames(clients, moment, deps)
      const serversOf = memoByEntry((entry) => nameServers(moment, entry))
      return ({ podUid, definition }, row) => {
        const own = clientNames.own(podUid, clients.index[row]!)
        // A log of lookups has no word for doubt: the client is then nobody that the agent can have seen.
        const isElsewhere = clientNames.isElsewhere(podUid, clients.index[row]!, own)
        const client = isElsewhere ? networks.pvt : own
        const answering = serversOf(servers.index[row]!)
        labelsIndex[row] = answering.labels
        return {
          group: client.id,
          key: answering.ids,
          isElsewhere,
          dimensions: () => lookupDimensions(definition.dimensions, from, client, answering.ends),
        }
      }
    },
  }
}

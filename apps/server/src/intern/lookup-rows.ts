// Names the DNS lookups of a frame: the client, and the servers that answered, whose labels belong to the row.
import type { Value } from '@margay/model'
import type { Column, Frame } from '@margay/wire'
import type { Endpoint } from '../inventory/endpoint.ts'
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

export function createLookupNamer(frame: Frame, from: Provenance, deps: NameDeps): FrameNamer {
  const clients = valuesOf(frame, 'client_ip')
  const servers = valuesOf(frame, 'servers.ip')
  const labels: (Value | undefined)[] = [undefined]
  const labelsIndex = new Uint32Array(frame.rows.count)
  const nameServers = (moment: Moment, entry: number): Servers => {
    const ips = (servers.dictionary[entry] as readonly string[] | undefined) ?? []
    const ends = ips.map((ip) => deps.identity.peer(ip, moment))
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
        const client = clientNames.own(podUid, clients.index[row]!)
        const answering = serversOf(servers.index[row]!)
        labelsIndex[row] = answering.labels
        return {
          group: client.id,
          key: answering.ids,
          dimensions: () => lookupDimensions(definition.dimensions, from, client, answering.ends),
        }
      }
    },
  }
}

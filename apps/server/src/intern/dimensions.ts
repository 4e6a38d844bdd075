// The dimensions that the server adds to a series: names, types, labels, service, verdict. Done once per series and pair of ends.
import type { Row } from '@margay/model'
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'

/** What every row of an agent says of where it comes from. */
export interface Provenance {
  readonly cluster: string
  readonly host: string
}

const endFields = (prefix: 'source' | 'dest', end: Endpoint): Row => ({
  [`${prefix}_type`]: end.type,
  [`${prefix}_name`]: end.name,
  [`${prefix}_name_aggr`]: end.nameAggr,
  [`${prefix}_namespace`]: end.namespace,
  [`${prefix}_labels.labels`]: end.labels,
})

const serviceFields = (service: ServicePort | undefined): Row => ({
  dest_service_name: service?.name ?? '-',
  dest_service_namespace: service?.namespace ?? '-',
  dest_service_port: service?.portName ?? '-',
  dest_service_port_num: service?.port,
})

/** What decided, as far as the kernel says, where nobody judges: a rule's drop was observed. */
const evidenceOf = (own: Row): Row =>
  own.action === 'deny' ? { evidence: 'observed', evidence_source: 'drop' } : { evidence: 'unknown' }

export function flowDimensions(
  own: Row,
  from: Provenance,
  source: Endpoint,
  dest: Endpoint,
  service: ServicePort | undefined,
  judged: Row | undefined,
): Row {
  return {
    ...own,
    cluster: from.cluster,
    host: from.host,
    origin: 'agent',
    ...(own.evidence === undefined && evidenceOf(own)),
    ...endFields('source', source),
    ...endFields('dest', dest),
    ...serviceFields(service),
    ...judged,
  }
}

export function lookupDimensions(own: Row, from: Provenance, client: Endpoint, servers: readonly Endpoint[]): Row {
  return {
    ...own,
    cluster: from.cluster,
    host: from.host,
    origin: 'agent',
    type: own.type ?? 'LOG',
    client_type: client.type,
    client_name: client.name,
    client_name_aggr: client.nameAggr,
    client_namespace: client.namespace,
    client_labels: client.labels,
    'servers.name': servers.map(({ name }) => name),
    'servers.name_aggr': servers.map(({ nameAggr }) => nameAggr),
    'servers.namespace': servers.map(({ namespace }) => namespace),
  }
}

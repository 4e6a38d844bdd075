// Joins a connection with the records around it: which of them speak of it, who its ends are called, and what kind of
// destination it has. Pure; the records were found by find.ts.
import type { Row } from '@margay/model'
import type { Asked } from './connection.ts'
import { viewsOf } from './connection.ts'
import type { Around } from './find.ts'
import type { Joined } from './joined.ts'

/** An agent's rows are stored some seconds after its interval; before that the other end's may be on their way. */
const freshSeconds = 10

const text = (value: Row[string]): string | undefined =>
  typeof value === 'string' && value !== '' && value !== '-' ? value : undefined

const isOutside = ({ dest_type: type }: Row): boolean => type === 'net' || type === 'ns'

/**
 * `pay/api`, where a service was dialled and no translation was seen: who was meant is one of its endpoints. One that was
 * translated to somebody outside does leave the cluster.
 */
function serviceOf({ row, exemplar }: Asked): string | undefined {
  const name = text(row.dest_service_name)
  if (name === undefined || !isOutside(row) || exemplar?.dialled) return undefined
  return `${text(row.dest_service_namespace) ?? 'default'}/${name}`
}

/** `namespace/pod`, host or network set by name; any other network by its address. */
function nameOf(row: Row, end: 'source' | 'dest'): string {
  const type = row[`${end}_type`]
  const name = text(row[`${end}_name`]) ?? text(row[`${end}_name_aggr`])
  const namespace = text(row[`${end}_namespace`])
  if (type === 'net' || name === undefined) return text(row[`${end}_ip`]) ?? 'an unknown address'
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** When a record ended, Unix seconds: what else is asked about its ends is asked as of then. */
export const momentOf = ({ start_time: start, end_time: end }: Row): number => Number(end ?? start)

/** Ports that Kubernetes gives to services at every node, unless it is told others. */
const nodePorts = { first: 30_000, last: 32_767 }

/** Whether a host answers for a service: then a pod does, elsewhere and by another address. */
function isHandedOnByHost(row: Row, port: number | undefined): boolean {
  if (row.dest_type !== 'hep') return false
  const isNodePort = port !== undefined && port >= nodePorts.first && port <= nodePorts.last
  return isNodePort || text(row.dest_service_name) !== undefined
}

/** Joins what is around a connection; `now` is in Unix seconds. What policies say is added where it matters. */
export function join(asked: Asked, { rows, crowded }: Around, reporters: Joined['reporters'], now: number): Joined {
  const { row, exemplar } = asked
  const port = row.dest_port === undefined ? {} : { port: Number(row.dest_port) }
  const { views, pair } = viewsOf(asked, rows)
  const service = serviceOf(asked)
  const starts = views.map((view) => view.exemplar?.startMs ?? Number(view.row.start_time) * 1000)
  return {
    startMs: Math.min(...starts),
    proto: exemplar?.proto ?? String(row.proto ?? ''),
    source: exemplar?.source ?? { ip: String(row.source_ip ?? '') },
    dest: exemplar?.dest ?? { ip: String(row.dest_ip ?? ''), ...port },
    ...(exemplar?.dialled && { dialled: exemplar.dialled }),
    names: {
      source: nameOf(row, 'source'),
      dest: service === undefined ? nameOf(row, 'dest') : `service ${service}`,
    },
    leavesCluster: isOutside(row) && service === undefined,
    isHandedOn: service !== undefined || isHandedOnByHost(row, exemplar?.dest.port ?? port.port),
    ...(service !== undefined && { service }),
    views,
    pair,
    reporters,
    isFresh: now - momentOf(row) < freshSeconds,
    isCrowded: crowded.has(asked),
  }
}

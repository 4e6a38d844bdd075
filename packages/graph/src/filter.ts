// What a selection asks for: the filter whose answer are the records behind a vertex or an edge. It is a tree, not text, so
// no name can break out of it; the printer of packages/query quotes what needs quoting.
import type { Filter, Literal } from '@margay/query'
import { readVertexId } from './endpoint.ts'
import type { Level, Side } from './endpoint.ts'
import { endsOf } from './build.ts'

const literal = (text: string): Literal => ({ pieces: [text], quoted: true })
const name = (field: string): Literal => ({ pieces: [field], quoted: false })
const is = (field: string, value: string): Filter => ({ kind: 'is', field: name(field), value: literal(value) })
const and = (...filters: readonly Filter[]): Filter => ({ kind: 'and', filters })
const or = (...filters: readonly Filter[]): Filter => ({ kind: 'or', filters })
const not = (filter: Filter): Filter => ({ kind: 'not', filter })

/** A namespace or name that a record does not have: published logs write `-`, and ours may leave it out. */
const lacks = (field: string): Filter => or(is(field, '-'), not({ kind: 'exists', field: name(field) }))
const isOrLacks = (field: string, value: string) => (value === '' || value === '-' ? lacks(field) : is(field, value))

/** The record's reporter is this end, so that its process is this end's. */
const reportedBy = (side: Side) => is('reporter', side === 'source' ? 'src' : 'dst')

type OnSide = (side: Side, parts: readonly string[]) => readonly Filter[]

const byLevel: { readonly [L in Level]: OnSide } = {
  kind: (side, [type = '']) => [isOrLacks(`${side}_type`, type)],
  namespace: (side, [namespace = '']) => [is(`${side}_type`, 'wep'), isOrLacks(`${side}_namespace`, namespace)],
  workload: (side, [namespace = '', workload = '']) => [
    ...byLevel.namespace(side, [namespace]),
    isOrLacks(`${side}_name_aggr`, workload),
  ],
  pod: (side, [namespace = '', workload = '', pod = '']) => [
    ...byLevel.workload(side, [namespace, workload]),
    is(`${side}_name`, pod),
  ],
  host: (side, [host = '']) => [is(`${side}_type`, 'hep'), isOrLacks(`${side}_name_aggr`, host)],
  container: (side, [host = '', container = '']) => [
    ...byLevel.host(side, [host]),
    reportedBy(side),
    is('container', container),
  ],
  process: (side, [host = '', container = '', process = '']) => [
    ...byLevel.host(side, [host]),
    ...processOn(side, container, process),
  ],
  set: (side, [namespace = '', set = '']) => [
    is(`${side}_type`, 'ns'),
    ...(namespace === '' ? [] : [is(`${side}_namespace`, namespace)]),
    isOrLacks(`${side}_name_aggr`, set),
  ],
  network: (side, [, network = '']) => [is(`${side}_type`, 'net'), isOrLacks(`${side}_name_aggr`, network)],
  domain: (side, [ofSide = '', network = '', domain = '']) => [
    ...byLevel.network(side, [ofSide, network]),
    is('dest_domains', domain),
  ],
}

/** A process is known from its own side's reports; what is "not recorded" or "several" is everything from that side without a name. */
function processOn(side: Side, container: string, process: string): readonly Filter[] {
  if (process === '*') return []
  if (process === '-') return [or(not(reportedBy(side)), lacks('process_name'))]
  const own = [reportedBy(side), is('process_name', process)]
  return container === '' ? own : [...own, is('container', container)]
}

/** Networks and domains stand on one side of the picture only. */
const sideOf = (level: Level, parts: readonly string[]): Side | undefined => {
  const side = level === 'kind' ? parts[1] : level === 'network' || level === 'domain' ? parts[0] : undefined
  return side === 'source' || side === 'dest' ? side : undefined
}

/** Records in which a vertex is on the given side. Undefined where the id is none. */
export function endFilter(id: string, side: Side): Filter | undefined {
  const vertex = readVertexId(id)
  if (!vertex) return undefined
  return and(...byLevel[vertex.level](side, vertex.parts))
}

/** Records behind a selection: of an edge, from one end to the other; of a vertex, either way. Undefined for unknown ids. */
export function selectionFilter(id: string): Filter | undefined {
  const ends = endsOf(id)
  if (!ends) return vertexFilter(id)
  const [source, dest] = [endFilter(ends[0], 'source'), endFilter(ends[1], 'dest')]
  return source && dest ? and(...flat(source), ...flat(dest)) : undefined
}

const flat = (filter: Filter): readonly Filter[] => (filter.kind === 'and' ? filter.filters : [filter])

function vertexFilter(id: string): Filter | undefined {
  const vertex = readVertexId(id)
  if (!vertex) return undefined
  const only = sideOf(vertex.level, vertex.parts)
  if (only) return endFilter(id, only)
  return or(and(...byLevel[vertex.level]('source', vertex.parts)), and(...byLevel[vertex.level]('dest', vertex.parts)))
}

/** Lookups of the clients behind a selection, in the DNS log; of an edge, those of its source. Undefined where the log names none. */
export function lookupFilter(id: string): Filter | undefined {
  const vertex = readVertexId(endsOf(id)?.[0] ?? id)
  if (!vertex) return undefined
  const [first = '', second = '', third = ''] = vertex.parts
  switch (vertex.level) {
    case 'namespace':
      return is('client_namespace', first)
    case 'workload':
      return and(is('client_namespace', first), is('client_name_aggr', second))
    case 'pod':
      return and(is('client_namespace', first), is('client_name', third))
    case 'host':
    case 'container':
    case 'process':
      return is('client_name_aggr', first)
    case 'kind':
    case 'set':
    case 'network':
    case 'domain':
      return undefined
  }
}

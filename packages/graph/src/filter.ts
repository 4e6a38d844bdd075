// What a selection asks for: the filter whose answer are the records behind a vertex or an edge. It is a tree, not text, so
// no name can break out of it; the printer of packages/query quotes what needs quoting. A record names the service that was
// dialled and not the one that a client belongs to, so a service is asked for by its workloads, which the tree knows.
import type { Filter } from '@margay/query'
import { allOf, anyOf, fieldIs, literal } from '@margay/query'
import { readVertexId, vertexId } from './endpoint.ts'
import type { Level, Side } from './endpoint.ts'
import { endsOf } from './build.ts'
import type { Hierarchy } from './hierarchy.ts'

const not = (filter: Filter): Filter => ({ kind: 'not', filter })

/** A namespace or name that a record does not have: published logs write `-`, and ours may leave it out. */
const lacks = (field: string): Filter => anyOf(fieldIs(field, '-'), not({ kind: 'exists', field: literal(field) }))
const isOrLacks = (field: string, value: string) =>
  value === '' || value === '-' ? lacks(field) : fieldIs(field, value)

/** The record's reporter is this end, so that its process is this end's. */
const reportedBy = (side: Side) => fieldIs('reporter', side === 'source' ? 'src' : 'dst')

/** The tree that a selection was made in; without it services are known by what was dialled only. */
export type Tree = Pick<Hierarchy, 'nodes' | 'byId'>

const noTree: Tree = { nodes: [], byId: new Map() }

type OnSide = (side: Side, parts: readonly string[], tree: Tree) => readonly Filter[]

const byLevel: { readonly [L in Level]: OnSide } = {
  kind: (side, [type = '']) => [isOrLacks(`${side}_type`, type)],
  namespace: (side, [namespace = '']) => [fieldIs(`${side}_type`, 'wep'), isOrLacks(`${side}_namespace`, namespace)],
  service: (side, parts, tree) => {
    const [namespace = '', ...names] = parts
    const workloads = workloadsOf(parts, tree)
    const within = byLevel.namespace(side, [namespace], tree)
    if (workloads.length > 0)
      return [...within, anyOf(...workloads.map((name) => isOrLacks(`${side}_name_aggr`, name)))]
    return side === 'source' ? [nothing] : [...within, anyOf(...names.map((name) => dialled(namespace, name)))]
  },
  workload: (side, [namespace = '', workload = ''], tree) => [
    ...byLevel.namespace(side, [namespace], tree),
    isOrLacks(`${side}_name_aggr`, workload),
  ],
  pod: (side, [namespace = '', workload = '', pod = ''], tree) => [
    ...byLevel.workload(side, [namespace, workload], tree),
    fieldIs(`${side}_name`, pod),
  ],
  host: (side, [host = '']) => [fieldIs(`${side}_type`, 'hep'), isOrLacks(`${side}_name_aggr`, host)],
  container: (side, [host = '', container = ''], tree) => [
    ...byLevel.host(side, [host], tree),
    reportedBy(side),
    fieldIs('container', container),
  ],
  process: (side, [host = '', container = '', process = ''], tree) => [
    ...byLevel.host(side, [host], tree),
    ...processOn(side, container, process),
  ],
  set: (side, [namespace = '', set = '']) => [
    fieldIs(`${side}_type`, 'ns'),
    isOrLacks(`${side}_namespace`, namespace),
    isOrLacks(`${side}_name_aggr`, set),
  ],
  network: (side, [, network = '']) => [fieldIs(`${side}_type`, 'net'), isOrLacks(`${side}_name_aggr`, network)],
  domain: (side, [ofSide = '', network = '', domain = ''], tree) => [
    ...byLevel.network(side, [ofSide, network], tree),
    fieldIs('dest_domains', domain),
  ],
}

/** No record has both. */
const nothing = allOf(fieldIs('source_type', 'wep'), not(fieldIs('source_type', 'wep')))

/** Who dialled a service; one of another namespace is `namespace/name`. */
function dialled(namespace: string, name: string): Filter {
  const slash = name.indexOf('/')
  if (slash >= 0) return dialled(name.slice(0, slash), name.slice(slash + 1))
  return allOf(fieldIs('dest_service_namespace', namespace), fieldIs('dest_service_name', name))
}

/** Names of the workloads under a service. */
function workloadsOf(parts: readonly string[], { nodes, byId }: Tree): readonly string[] {
  const node = byId.get(vertexId('service', parts))
  return node === undefined ? [] : nodes[node]!.children.map((child) => nodes[child]!.parts.at(-1)!)
}

/** A process is known from its own side's reports; what is "not recorded" or "several" is everything from that side without a name. */
function processOn(side: Side, container: string, process: string): readonly Filter[] {
  if (process === '*') return []
  if (process === '-') return [anyOf(not(reportedBy(side)), lacks('process_name'))]
  const own = [reportedBy(side), fieldIs('process_name', process)]
  return container === '' ? own : [...own, fieldIs('container', container)]
}

/** Networks and domains stand on one side of the picture only. */
const sideOf = (level: Level, parts: readonly string[]): Side | undefined => {
  const side = level === 'kind' ? parts[1] : level === 'network' || level === 'domain' ? parts[0] : undefined
  return side === 'source' || side === 'dest' ? side : undefined
}

/** Records in which a vertex is on the given side. Undefined where the id is none. */
export function endFilter(id: string, side: Side, tree: Tree = noTree): Filter | undefined {
  const vertex = readVertexId(id)
  if (!vertex) return undefined
  return allOf(...byLevel[vertex.level](side, vertex.parts, tree))
}

/** Records behind a selection: of an edge, from one end to the other; of a vertex, either way. Undefined for unknown ids. */
export function selectionFilter(id: string, tree: Tree = noTree): Filter | undefined {
  const ends = endsOf(id)
  if (!ends) return vertexFilter(id, tree)
  const [source, dest] = [endFilter(ends[0], 'source', tree), endFilter(ends[1], 'dest', tree)]
  return source && dest ? allOf(...flat(source), ...flat(dest)) : undefined
}

const flat = (filter: Filter): readonly Filter[] => (filter.kind === 'and' ? filter.filters : [filter])

function vertexFilter(id: string, tree: Tree): Filter | undefined {
  const vertex = readVertexId(id)
  if (!vertex) return undefined
  const { level, parts } = vertex
  const only = sideOf(level, parts)
  if (only) return endFilter(id, only, tree)
  return anyOf(allOf(...byLevel[level]('source', parts, tree)), allOf(...byLevel[level]('dest', parts, tree)))
}

/** What a vertex is called as a server of names: by the service that clients ask, or by itself where they know its pods. */
export interface NameService {
  readonly namespace: string
  readonly name: string
}

/**
 * Lookups that a vertex answered, in the DNS log: those of its own name, and those asked of the services that lead to it.
 * Undefined where it serves no names, or is none that the log could name.
 */
export function servedFilter(id: string, services: readonly NameService[], tree: Tree = noTree): Filter | undefined {
  const vertex = readVertexId(id)
  if (!vertex || services.length === 0) return undefined
  const { level, parts } = vertex
  const [namespace = ''] = parts
  if (level === 'namespace') return fieldIs('servers.namespace', namespace)
  const own = level === 'workload' ? parts.slice(1, 2) : level === 'service' ? workloadsOf(parts, tree) : undefined
  if (!own) return undefined
  const names = [...new Set([...own, ...services.map(({ name: service }) => service)])]
  return allOf(
    fieldIs('servers.namespace', namespace),
    anyOf(...names.map((each) => fieldIs('servers.name_aggr', each))),
  )
}

/** Lookups of the clients behind a selection, in the DNS log; of an edge, those of its source. Undefined where the log names none. */
export function lookupFilter(id: string, tree: Tree = noTree): Filter | undefined {
  const vertex = readVertexId(endsOf(id)?.[0] ?? id)
  if (!vertex) return undefined
  const [first = '', second = '', third = ''] = vertex.parts
  switch (vertex.level) {
    case 'namespace':
      return fieldIs('client_namespace', first)
    case 'service': {
      const workloads = workloadsOf(vertex.parts, tree)
      if (workloads.length === 0) return undefined
      return allOf(
        fieldIs('client_namespace', first),
        anyOf(...workloads.map((name) => fieldIs('client_name_aggr', name))),
      )
    }
    case 'workload':
      return allOf(fieldIs('client_namespace', first), fieldIs('client_name_aggr', second))
    case 'pod':
      return allOf(fieldIs('client_namespace', first), fieldIs('client_name', third))
    case 'host':
    case 'container':
    case 'process':
      return fieldIs('client_name_aggr', first)
    case 'kind':
    case 'set':
    case 'network':
    case 'domain':
      return undefined
  }
}

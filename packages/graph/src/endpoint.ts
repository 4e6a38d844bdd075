// Who an endpoint is, and the path of vertices that leads to it: kind, namespace or host, service, workload, pod or process.
// Identity is the whole path, type and namespace included: equal names of two kinds or namespaces are never one vertex.
// Networks stand on two sides, as what connects in and as what is connected to, because they are not one place.

export type Side = 'source' | 'dest'
export type EndpointType = 'wep' | 'hep' | 'ns' | 'net'

/** What a vertex stands for. `kind` is all endpoints of one type together, the last resort of a huge graph. */
export type Level =
  | 'kind'
  | 'namespace'
  | 'service'
  | 'workload'
  | 'pod'
  | 'host'
  | 'container'
  | 'process'
  | 'set'
  | 'network'
  | 'domain'

/** One end of a flow, with what its names say. Absent parts are empty. */
export interface Endpoint {
  readonly type: string
  readonly namespace: string
  /** The aggregated name: `checkout-7d9f-*`, a host, a network set, `pub` or `pvt`. */
  readonly nameAggr: string
  /** The pod's own name, where it was asked for and is known. */
  readonly name: string
  readonly container: string
  /** `-` not recorded, `*` several. */
  readonly process: string
  /** The first of the names that the client asked for, on the destination side. */
  readonly domain: string
  /** The services that its workload answers for, where they are told apart (services.ts). */
  readonly services?: readonly string[]
}

/** One vertex of the path: its level and the names that make its identity, outermost first. */
export interface PathStep {
  readonly id: string
  readonly level: Level
  readonly parts: readonly string[]
}

const absent = (text: string) => text === '' || text === '-'

/** The text of an identity: unambiguous whatever characters the names hold, and fit for an address. */
export function vertexId(level: Level, parts: readonly string[]): string {
  return [level, ...parts.map(encodeURIComponent)].join('/')
}

/** The level and names behind an id, or undefined for a text that is none. */
export function readVertexId(id: string): { readonly level: Level; readonly parts: readonly string[] } | undefined {
  const [level, ...parts] = id.split('/')
  if (!level || !(level in partsOf)) return undefined
  try {
    return { level: level as Level, parts: parts.map(decodeURIComponent) }
  } catch {
    return undefined
  }
}

/** How many names identify a vertex of each level; a service has its namespace and one name or more. */
const partsOf: { readonly [L in Level]: number } = {
  kind: 2,
  namespace: 1,
  service: 2,
  workload: 2,
  pod: 3,
  host: 1,
  container: 2,
  process: 3,
  set: 2,
  network: 2,
  domain: 3,
}

const step = (level: Level, ...parts: string[]): PathStep => ({ id: vertexId(level, parts), level, parts })

const bySide = (type: string, side: Side) => (type === 'net' ? side : '')

/** The vertices that hold an endpoint, outermost first; the last is as fine as the record tells. */
export function pathOf(end: Endpoint, side: Side): readonly PathStep[] {
  const root = step('kind', end.type, bySide(end.type, side))
  switch (end.type) {
    case 'wep':
      return [root, ...workloadPath(end)]
    case 'hep':
      return [root, ...hostPath(end)]
    case 'ns':
      return [root, step('set', clean(end.namespace), end.nameAggr)]
    default:
      return [root, ...networkPath(end, side)]
  }
}

const clean = (namespace: string) => (absent(namespace) ? '' : namespace)

function workloadPath({ namespace, nameAggr, name, services = [] }: Endpoint): PathStep[] {
  const within = clean(namespace)
  const path = [step('namespace', within)]
  if (services.length > 0) path.push(step('service', within, ...services))
  path.push(step('workload', within, nameAggr))
  if (!absent(name)) path.push(step('pod', within, nameAggr, name))
  return path
}

function hostPath({ nameAggr, container, process }: Endpoint): PathStep[] {
  const path = [step('host', nameAggr)]
  if (!absent(container)) path.push(step('container', nameAggr, container))
  path.push(step('process', nameAggr, clean(container), absent(process) ? '-' : process))
  return path
}

function networkPath({ nameAggr, domain }: Endpoint, side: Side): PathStep[] {
  const path = [step('network', side, nameAggr)]
  if (side === 'dest' && domain !== '') path.push(step('domain', side, nameAggr, domain))
  return path
}

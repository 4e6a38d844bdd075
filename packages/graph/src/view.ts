// What of the tree is open. A view is a small value that an address can hold; from it and the tree follows which nodes are
// boxes and which are vertices. Beyond the most vertices that can be read, levels close from the finest up, and it is said.
import type { Level } from './endpoint.ts'
import type { Hierarchy, HierarchyNode } from './hierarchy.ts'

/** How far the tree is open by itself. `auto` opens the boxes that have few members. */
export type ViewLevel = 'auto' | 'namespace' | 'service' | 'workload' | 'pod'
export const viewLevels: readonly ViewLevel[] = ['auto', 'namespace', 'service', 'workload', 'pod']

export interface View {
  readonly level: ViewLevel
  /** Ids opened and closed by hand; they win over the level. */
  readonly opened: ReadonlySet<string>
  readonly closed: ReadonlySet<string>
  /** Whether the platform's own namespaces are drawn. */
  readonly infrastructure: boolean
  /** Whether networks outside are told apart by the names that were asked for, where those are known. */
  readonly domains: boolean
  /** Draw whatever there is, however much. */
  readonly all: boolean
}

export const defaultView: View = {
  level: 'auto',
  opened: new Set(),
  closed: new Set(),
  infrastructure: false,
  domains: false,
  all: false,
}

/** Boxes with more members stay closed in `auto`: about as many as are read at a glance. */
export const mostMembersOpen = 12
/** Processes of the only host that are shown by themselves. */
export const mostProcessesOpen = 60
/** Vertices drawn at most; beyond some 800 a picture is texture and no longer read. */
export const mostVertices = 800

/** Which nodes are open, and how much had to be closed to stay readable. */
export interface OpenState {
  readonly open: readonly boolean[]
  readonly visible: number
  /** Levels that were closed because too much would be drawn, finest first, and what would have been drawn. */
  readonly aggregated: { readonly closed: readonly Level[]; readonly wanted: number } | undefined
}

/** Closed in this order until the picture fits. */
const closingOrder: readonly (readonly Level[])[] = [
  ['container'],
  ['workload', 'network'],
  ['service'],
  ['namespace', 'host'],
  ['kind'],
]

/** Decides what is open. `shown` are the nodes that are drawn at all (see layers.ts). */
export function openState(hierarchy: Hierarchy, view: View, shown: (node: number) => boolean): OpenState {
  const wanted = hierarchy.nodes.map((node) => wantsOpen(hierarchy, node, view))
  const visibleAtFirst = countVisible(hierarchy, wanted, shown)
  if (view.all || visibleAtFirst <= mostVertices) {
    return { open: wanted, visible: visibleAtFirst, aggregated: undefined }
  }
  let open: readonly boolean[] = wanted
  let visible = visibleAtFirst
  const closed: Level[] = []
  for (const levels of closingOrder) {
    const before = visible
    open = open.map((isOpen, node) => isOpen && !levels.includes(hierarchy.nodes[node]!.level))
    visible = countVisible(hierarchy, open, shown)
    if (visible < before) closed.push(...levels)
    if (visible <= mostVertices) break
  }
  return { open, visible, aggregated: { closed, wanted: visibleAtFirst } }
}

function wantsOpen(hierarchy: Hierarchy, node: HierarchyNode, view: View): boolean {
  if (node.children.length === 0 || view.closed.has(node.id)) return false
  if (node.level === 'network') return view.domains || view.opened.has(node.id)
  return view.opened.has(node.id) || opensByLevel[view.level](hierarchy, node)
}

const opensByLevel: { readonly [L in ViewLevel]: (hierarchy: Hierarchy, node: HierarchyNode) => boolean } = {
  auto: (hierarchy, node) =>
    node.level === 'kind' ||
    node.level === 'service' ||
    ((node.level === 'namespace' || node.level === 'host') &&
      node.children.length <= mostOpenOf(hierarchy, node) &&
      tellsMore(hierarchy, node)),
  namespace: (_, node) => node.level === 'kind',
  service: (_, node) => ['kind', 'namespace', 'host'].includes(node.level),
  workload: (_, node) => ['kind', 'namespace', 'service', 'host'].includes(node.level),
  pod: () => true,
}

/** A machine alone is looked at for its processes: closed, it would hide all there is. */
const mostOpenOf = ({ nodes }: Hierarchy, { level, parent }: HierarchyNode): number => {
  const isAlone = level === 'host' && parent !== undefined && nodes[parent]!.children.length === 1
  return isAlone ? mostProcessesOpen : mostMembersOpen
}

/** A host whose only member is "not recorded" says no more open than closed. */
const tellsMore = ({ nodes }: Hierarchy, { children }: HierarchyNode) =>
  children.some((child) => nodes[child]!.parts.at(-1) !== '-')

function countVisible({ nodes }: Hierarchy, open: readonly boolean[], shown: (node: number) => boolean): number {
  const reached = nodes.map(() => false)
  let visible = 0
  nodes.forEach(({ parent }, node) => {
    reached[node] = shown(node) && (parent === undefined || (reached[parent]! && open[parent]!))
    if (reached[node] && !open[node]) visible++
  })
  return visible
}

/** The node that stands for each node: itself, or the outermost closed one that holds it. Parents come before children. */
export function representatives({ nodes }: Hierarchy, open: readonly boolean[]): Int32Array {
  const shownAs = new Int32Array(nodes.length)
  nodes.forEach(({ parent }, node) => {
    const above = parent === undefined ? node : shownAs[parent]!
    const isReached = parent === undefined || (above === parent && open[parent])
    shownAs[node] = isReached ? node : above
  })
  return shownAs
}

/** Opens what is closed and closes what is open, by hand. */
export function toggle(view: View, id: string, isOpen: boolean): View {
  const opened = new Set(view.opened)
  const closed = new Set(view.closed)
  ;(isOpen ? opened : closed).delete(id)
  ;(isOpen ? closed : opened).add(id)
  return { ...view, opened, closed }
}

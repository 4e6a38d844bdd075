// The tree of everything that was seen: kinds hold namespaces, hosts, sets and networks; those hold workloads or processes,
// and workloads pods. Where services are told apart they stand between a namespace and its workloads. Nodes are numbers; a node's number is greater than its parent's.
import { pathOf } from './endpoint.ts'
import type { Endpoint, Level, Side } from './endpoint.ts'

export interface HierarchyNode {
  readonly id: string
  readonly level: Level
  /** Names that make its identity, outermost first. */
  readonly parts: readonly string[]
  /** Number of the node that holds it, absent for a kind. */
  readonly parent: number | undefined
  readonly children: readonly number[]
}

export interface Hierarchy {
  readonly nodes: readonly HierarchyNode[]
  readonly byId: ReadonlyMap<string, number>
}

export interface HierarchyBuilder extends Hierarchy {
  /** The node of an endpoint, as fine as its names tell; makes what is missing on the way. */
  place(end: Endpoint, side: Side): number
}

type Growing = HierarchyNode & { readonly children: number[] }

export function createHierarchy(): HierarchyBuilder {
  const nodes: Growing[] = []
  const byId = new Map<string, number>()
  const find = (id: string, level: Level, parts: readonly string[], parent: number | undefined): number => {
    const known = byId.get(id)
    if (known !== undefined) return known
    const node = nodes.push({ id, level, parts, parent, children: [] }) - 1
    byId.set(id, node)
    if (parent !== undefined) nodes[parent]!.children.push(node)
    return node
  }
  return {
    nodes,
    byId,
    place(end, side) {
      let at: number | undefined
      for (const { id, level, parts } of pathOf(end, side)) at = find(id, level, parts, at)
      return at!
    },
  }
}

/** A node and all that hold it, innermost first. */
export function* ancestors({ nodes }: Hierarchy, node: number): Generator<number> {
  for (let at: number | undefined = node; at !== undefined; at = nodes[at]!.parent) yield at
}

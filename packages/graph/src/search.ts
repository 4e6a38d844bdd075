// Finding a vertex by what one remembers of its name: all words must occur, in any case, anywhere in its path.
import type { Hierarchy, HierarchyNode } from './hierarchy.ts'
import { plainLabel } from './names.ts'

export interface Finding {
  readonly id: string
  readonly label: string
  /** Ids that hold it, outermost first: what has to be opened to see it. */
  readonly within: readonly string[]
}

/** Finds places and names in the whole tree, drawn or not. Names that begin with the text come first. */
export function search(hierarchy: Hierarchy, text: string, limit = 20): readonly Finding[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const found = hierarchy.nodes.filter(
    (node) => node.level !== 'kind' && words.every((word) => wholeName(node).includes(word)),
  )
  const rank = (node: HierarchyNode) => (labelOf(node).toLowerCase().startsWith(words[0]!) ? 0 : 1)
  return found
    .sort((a, b) => rank(a) - rank(b) || a.parts.length - b.parts.length || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map((node) => ({ id: node.id, label: labelOf(node), within: holders(hierarchy, node) }))
}

const labelOf = ({ level, parts }: HierarchyNode) => plainLabel(level, parts)
const wholeName = (node: HierarchyNode) => `${node.parts.join(' ')} ${labelOf(node)}`.toLowerCase()

function holders({ nodes }: Hierarchy, { parent }: HierarchyNode): string[] {
  const ids: string[] = []
  for (let at = parent; at !== undefined; at = nodes[at]!.parent) ids.unshift(nodes[at]!.id)
  return ids
}

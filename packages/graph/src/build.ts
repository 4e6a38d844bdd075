// The picture: conversations seen through a view become vertices, edges and boxes. One pass over the tree, one over the
// conversations; nothing here knows a position or a colour. The tallies of all edges, of what stays inside a vertex and of
// what is hidden add up to the tally of everything, at every level.
import { addTally, readTally, tallyWidth } from './amounts.ts'
import type { Tally } from './amounts.ts'
import type { Level } from './endpoint.ts'
import { ancestors } from './hierarchy.ts'
import type { Hierarchy, HierarchyNode } from './hierarchy.ts'
import { isInfrastructure } from './layers.ts'
import type { Conversations } from './merge.ts'
import { describeVertex } from './names.ts'
import { createOutsideOf, createOutsideTable } from './outside.ts'
import type { Outside } from './outside.ts'
import { judge } from './verdict.ts'
import type { EdgeVerdict } from './verdict.ts'
import { openState, representatives } from './view.ts'
import type { OpenState, View } from './view.ts'

export interface Vertex {
  readonly id: string
  readonly level: Level
  readonly parts: readonly string[]
  readonly label: string
  /** What it is, in a few words: `3 pods`, `public network`. */
  readonly sub: string
  /** Id of the box that it stands in. */
  readonly box: string | undefined
  /** How many members it would show if it were opened. */
  readonly members: number
  /** What its members say to each other. */
  readonly inside: Tally
  /** Where it goes outside of the cluster. */
  readonly outside: readonly Outside[]
}

export interface Box {
  readonly id: string
  readonly level: Level
  readonly parts: readonly string[]
  readonly label: string
  readonly members: number
}

export interface Edge {
  /** The ids of both ends, joined by ` > `. */
  readonly id: string
  readonly source: string
  readonly dest: string
  readonly tally: Tally
  readonly verdict: EdgeVerdict
  readonly deniedShare: number
}

export interface Picture {
  readonly vertices: readonly Vertex[]
  readonly edges: readonly Edge[]
  readonly boxes: readonly Box[]
  /** Of everything that was asked for, drawn or not. */
  readonly total: Tally
  readonly hidden: { readonly namespaces: number; readonly tally: Tally }
  readonly aggregated: OpenState['aggregated']
  readonly steps: number
}

export const edgeId = (source: string, dest: string): string => `${source} > ${dest}`

/** Splits the id of an edge into the ids of its ends; undefined where it is the id of a vertex. */
export function endsOf(id: string): readonly [source: string, dest: string] | undefined {
  const [source, dest] = id.split(' > ')
  return source !== undefined && dest !== undefined ? [source, dest] : undefined
}

/** Builds the picture of conversations under a view. */
export function buildPicture(conversations: Conversations, view: View): Picture {
  const { hierarchy } = conversations
  const hiddenNodes = findHidden(conversations, view)
  const state = openState(hierarchy, view, (node) => !hiddenNodes[node])
  const sums = sumEdges(conversations, representatives(hierarchy, state.open), hiddenNodes)
  const isBox = (node: number) => state.open[node]!
  const standing = sums.touched.map((node) => hierarchy.nodes[node]!)
  const describe = describeVertex(standing)
  const nodeIds = (node: number) => hierarchy.nodes[node]!.id
  return {
    vertices: sums.touched.map((node) => ({
      ...describe(hierarchy.nodes[node]!, isBox(node)),
      box: boxOf(hierarchy, node, state.open),
      inside: readTally(sums.inside.get(node) ?? empty),
      outside: sums.outsideOf(node),
    })),
    edges: sums.edges.map(({ from, to, tally }) => {
      const read = readTally(tally)
      const [source, dest] = [nodeIds(from), nodeIds(to)]
      return { id: edgeId(source, dest), source, dest, tally: read, ...judge(read) }
    }),
    boxes: boxesOf(hierarchy, standing, state.open, describe),
    total: readTally(sums.total),
    hidden: { namespaces: countHiddenNamespaces(hierarchy, hiddenNodes), tally: readTally(sums.hidden) },
    aggregated: state.aggregated,
    steps: conversations.length + hierarchy.nodes.length,
  }
}

const empty = new Float64Array(tallyWidth)

/** Nodes of infrastructure namespaces in which nothing is denied. */
function findHidden({ hierarchy, ...conversations }: Conversations, view: View): readonly boolean[] {
  const hidden = hierarchy.nodes.map(() => false)
  if (view.infrastructure) return hidden
  hierarchy.nodes.forEach((node, at) => {
    const isRoot = node.level === 'namespace' && isInfrastructure(node.parts[0] ?? '') && !view.opened.has(node.id)
    hidden[at] = isRoot || (node.parent !== undefined && hidden[node.parent]!)
  })
  for (let index = 0; index < conversations.length; index++) {
    if (!denies(conversations.tallies, index * tallyWidth)) continue
    for (const end of [conversations.source[index]!, conversations.dest[index]!]) {
      for (const node of ancestors(hierarchy, end)) hidden[node] = false
    }
  }
  return hidden
}

const denies = (tallies: Float64Array, at: number) =>
  tallies.subarray(at + tallyWidth / 2, at + tallyWidth).some((amount) => amount > 0)

interface EdgeSum {
  readonly from: number
  readonly to: number
  readonly tally: Float64Array
}

function sumEdges({ hierarchy, ...all }: Conversations, shownAs: Int32Array, hiddenNodes: readonly boolean[]) {
  const byEnds = new Map<number, EdgeSum>()
  const inside = new Map<number, Float64Array>()
  const total = new Float64Array(tallyWidth)
  const hidden = new Float64Array(tallyWidth)
  const touched = new Set<number>()
  const outside = createOutsideTable(all, createOutsideOf({ hierarchy }))
  const insideOf = (node: number) => {
    const known = inside.get(node) ?? new Float64Array(tallyWidth)
    inside.set(node, known)
    return known
  }
  const edgeOf = (from: number, to: number) => {
    const key = from * hierarchy.nodes.length + to
    const known = byEnds.get(key) ?? { from, to, tally: new Float64Array(tallyWidth) }
    byEnds.set(key, known)
    return known
  }
  for (let index = 0; index < all.length; index++) {
    const at = index * tallyWidth
    const [source, dest] = [all.source[index]!, all.dest[index]!]
    addTally(total, 0, all.tallies, at)
    if (hiddenNodes[source] || hiddenNodes[dest]) {
      addTally(hidden, 0, all.tallies, at)
      continue
    }
    const [from, to] = [shownAs[source]!, shownAs[dest]!]
    touched.add(from).add(to)
    outside.add(from, dest, index)
    if (from === to) addTally(insideOf(from), 0, all.tallies, at)
    else addTally(edgeOf(from, to).tally, 0, all.tallies, at)
  }
  return {
    edges: [...byEnds.values()],
    inside,
    total,
    hidden,
    outsideOf: outside.of,
    touched: [...touched].sort((a, b) => a - b),
  }
}

/** Boxes are drawn for what people know as a place; a kind is no place. */
const isPlace = ({ level }: HierarchyNode) => level !== 'kind'

/** The outermost open place that holds a node, or is it. */
function boxOf(hierarchy: Hierarchy, node: number, open: readonly boolean[]): string | undefined {
  const places = [...ancestors(hierarchy, node)].filter((at) => open[at] && isPlace(hierarchy.nodes[at]!))
  const outermost = places.at(-1)
  return outermost === undefined ? undefined : hierarchy.nodes[outermost]!.id
}

function boxesOf(
  hierarchy: Hierarchy,
  standing: readonly HierarchyNode[],
  open: readonly boolean[],
  describe: ReturnType<typeof describeVertex>,
): Box[] {
  const members = new Map<string, number>()
  for (const { id } of standing) {
    const box = boxOf(hierarchy, hierarchy.byId.get(id)!, open)
    if (box !== undefined) members.set(box, (members.get(box) ?? 0) + 1)
  }
  return [...members].map(([id, count]) => {
    const node = hierarchy.nodes[hierarchy.byId.get(id)!]!
    return { id, level: node.level, parts: node.parts, label: describe(node, false).label, members: count }
  })
}

function countHiddenNamespaces({ nodes }: Hierarchy, hidden: readonly boolean[]): number {
  return nodes.filter((node, at) => node.level === 'namespace' && hidden[at]).length
}

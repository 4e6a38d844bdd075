// What stands behind one edge or vertex of a picture, for the panel beside it: ports, neighbours, sums. Everything comes
// from the conversations that the picture was drawn from, so that no panel disagrees with the picture.
import { addTally, readTally, tallyWidth } from './amounts.ts'
import type { Tally } from './amounts.ts'
import { endsOf } from './build.ts'
import type { Edge, Picture } from './build.ts'
import { ancestors } from './hierarchy.ts'
import type { Conversations } from './merge.ts'
import { createOutsideOf, createOutsideTable } from './outside.ts'
import type { Outside } from './outside.ts'
import { judge } from './verdict.ts'

export interface PortUse {
  readonly proto: string
  readonly port: string
  readonly tally: Tally
}

export interface EdgeDetail {
  readonly edge: Edge
  /** Protocols and ports, the busiest first. */
  readonly ports: readonly PortUse[]
}

/**
 * Everything from one place of the tree to another, drawn as an edge or not: what `selectionFilter` asks for. Undefined
 * where the id is no edge's, or nothing went that way.
 */
export function edgeDetail(conversations: Conversations, id: string): EdgeDetail | undefined {
  const [source, dest] = endsOf(id) ?? []
  const [from, to] = [source, dest].map((end) => conversations.hierarchy.byId.get(end ?? ''))
  if (source === undefined || dest === undefined || from === undefined || to === undefined) return undefined
  const [begins, ends] = [withinOf(conversations, from), withinOf(conversations, to)]
  const sums = newSums()
  const ports = createPorts()
  for (let index = 0; index < conversations.length; index++) {
    if (!begins(conversations.source[index]!) || !ends(conversations.dest[index]!)) continue
    addTally(sums, 0, conversations.tallies, index * tallyWidth)
    ports.add(conversations, index)
  }
  const tally = readTally(sums)
  const uses = ports.read()
  return uses.length > 0 ? { edge: { id, source, dest, tally, ...judge(tally) }, ports: uses } : undefined
}

export interface Neighbours {
  readonly inbound: readonly Edge[]
  readonly outbound: readonly Edge[]
}

/** Edges into and out of a vertex. */
export const neighboursOf = (picture: Picture, vertex: string): Neighbours => ({
  inbound: picture.edges.filter((edge) => edge.dest === vertex),
  outbound: picture.edges.filter((edge) => edge.source === vertex),
})

/** The sum of several tallies. */
export function sumTallies(tallies: readonly Tally[]): Tally {
  const flat = new Float64Array(tallyWidth)
  for (const { total, allowed, deniedAtSource, deniedAtDestination } of tallies) {
    ;[total, allowed, deniedAtSource, deniedAtDestination]
      .flatMap(({ connections, packets, sent, received }) => [connections, packets, sent, received])
      .forEach((amount, at) => (flat[at]! += amount))
  }
  return readTally(flat)
}

export interface Traffic {
  readonly inbound: Tally
  readonly outbound: Tally
  /** Among its own members. */
  readonly inside: Tally
  /** Protocols and ports that it answers on, the busiest first. */
  readonly answersOn: readonly PortUse[]
  /** Where it goes outside of the cluster. */
  readonly outside: readonly Outside[]
}

/** Everything that begins or ends within one place of the tree, drawn or not; undefined for an id that was not seen. */
export function trafficOf(conversations: Conversations, id: string): Traffic | undefined {
  const { hierarchy, tallies, length } = conversations
  const node = hierarchy.byId.get(id)
  if (node === undefined) return undefined
  const isWithin = withinOf(conversations, node)
  const sums = { inbound: newSums(), outbound: newSums(), inside: newSums() }
  const ports = createPorts()
  const outside = createOutsideTable(conversations, createOutsideOf(conversations))
  for (let index = 0; index < length; index++) {
    const [begins, ends] = [isWithin(conversations.source[index]!), isWithin(conversations.dest[index]!)]
    if (!begins && !ends) continue
    const kind = begins && ends ? 'inside' : begins ? 'outbound' : 'inbound'
    addTally(sums[kind], 0, tallies, index * tallyWidth)
    if (ends) ports.add(conversations, index)
    if (begins) outside.add(node, conversations.dest[index]!, index)
  }
  const { inbound, outbound, inside } = sums
  return {
    inbound: readTally(inbound),
    outbound: readTally(outbound),
    inside: readTally(inside),
    answersOn: ports.read(),
    outside: outside.of(node),
  }
}

const newSums = () => new Float64Array(tallyWidth)

function withinOf({ hierarchy }: Conversations, node: number): (end: number) => boolean {
  const within = hierarchy.nodes.map(() => false)
  hierarchy.nodes.forEach(({ parent }, at) => {
    within[at] = at === node || (parent !== undefined && within[parent]!)
  })
  return (end) => within[end]!
}

/** The labels of a place and of what holds it, outermost first, for a path of links. */
export function pathTo(conversations: Conversations, id: string): readonly string[] {
  const node = conversations.hierarchy.byId.get(id)
  if (node === undefined) return []
  return [...ancestors(conversations.hierarchy, node)]
    .map((at) => conversations.hierarchy.nodes[at]!)
    .filter(({ level }) => level !== 'kind')
    .map(({ id }) => id)
    .reverse()
}

function createPorts() {
  const byPort = new Map<string, { readonly proto: string; readonly port: string; readonly sums: Float64Array }>()
  return {
    add({ proto, port, tallies }: Conversations, index: number) {
      const [name, number] = [proto[index]!, port[index]!]
      const key = `${name} ${number}`
      const use = byPort.get(key) ?? { proto: name, port: number, sums: newSums() }
      byPort.set(key, use)
      addTally(use.sums, 0, tallies, index * tallyWidth)
    },
    read: (): readonly PortUse[] =>
      [...byPort.values()]
        .map(({ proto, port, sums }) => ({ proto, port, tally: readTally(sums) }))
        .sort((a, b) => b.tally.total.connections - a.tally.total.connections || Number(a.port) - Number(b.port)),
  }
}

// What stands behind one edge or vertex of a picture, for the panel beside it: ports, neighbours, sums. Everything comes
// from the conversations that the picture was drawn from, so that no panel disagrees with the picture.
import { addTally, readTally, tallyWidth } from './amounts.ts'
import type { Tally } from './amounts.ts'
import type { Edge, Picture } from './build.ts'
import type { Conversations } from './merge.ts'

export interface PortUse {
  readonly proto: string
  readonly port: string
  readonly tally: Tally
}

/** Protocols and ports of an edge, the busiest first. */
export function portsOf(conversations: Conversations, picture: Picture, edge: string): readonly PortUse[] {
  const byPort = new Map<string, { readonly proto: string; readonly port: string; readonly sums: Float64Array }>()
  for (const index of picture.conversationsOf(edge)) {
    const [proto, port] = [conversations.proto[index]!, conversations.port[index]!]
    const key = `${proto} ${port}`
    const use = byPort.get(key) ?? { proto, port, sums: new Float64Array(tallyWidth) }
    byPort.set(key, use)
    addTally(use.sums, 0, conversations.tallies, index * tallyWidth)
  }
  return [...byPort.values()]
    .map(({ proto, port, sums }) => ({ proto, port, tally: readTally(sums) }))
    .sort((a, b) => b.tally.total.connections - a.tally.total.connections || (a.port < b.port ? -1 : 1))
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

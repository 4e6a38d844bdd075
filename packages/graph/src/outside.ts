// Where a vertex goes outside of the cluster: public networks, private networks, network sets. An egress is worth a sign at
// the vertex itself, so that it is seen wherever the other end stands.
import { tallyWidth } from './amounts.ts'
import { vertexId } from './endpoint.ts'
import type { Conversations } from './merge.ts'

export type OutsideKind = 'public' | 'private' | 'set' | 'network'
export const outsideKinds: readonly OutsideKind[] = ['public', 'private', 'set', 'network']

/** One sign at a vertex: what it reaches of one kind. */
export interface Outside {
  readonly kind: OutsideKind
  /** Id of the network or set that is meant; where several sets are, of all network sets. */
  readonly dest: string
  /** Names of the sets, sorted; of a network its own name, such as `pub`. */
  readonly names: readonly string[]
  readonly connections: number
  /** Whether anything was denied on the way there. */
  readonly denied: boolean
}

interface Reached {
  readonly kind: OutsideKind
  readonly name: string
  readonly dest: string
  connections: number
  denied: boolean
}

/** The network or set that a node is or is within, with its kind; undefined for what is inside. */
export type OutsideOf = (node: number) => Pick<Reached, 'kind' | 'name' | 'dest'> | undefined

const networkKinds: { readonly [name: string]: OutsideKind } = { pub: 'public', pvt: 'private' }

/** Every node of the tree is asked once. */
export function createOutsideOf({ hierarchy: { nodes } }: Pick<Conversations, 'hierarchy'>): OutsideOf {
  const known: ReturnType<OutsideOf>[] = []
  for (const { id, level, parts, parent } of nodes) {
    const name = parts.at(-1) ?? ''
    if (level === 'network') known.push({ kind: networkKinds[name] ?? 'network', name, dest: id })
    else if (level === 'set') known.push({ kind: 'set', name, dest: id })
    else known.push(parent === undefined ? undefined : known[parent])
  }
  return (node) => known[node]
}

/** Gathers what the vertices of a picture reach; a vertex that is outside itself has no signs. */
export function createOutsideTable({ tallies }: Pick<Conversations, 'tallies'>, outsideOf: OutsideOf) {
  const byVertex = new Map<number, Map<string, Reached>>()
  return {
    add(vertex: number, dest: number, conversation: number): void {
      const there = outsideOf(dest)
      if (!there || outsideOf(vertex)) return
      const reached = byVertex.get(vertex) ?? new Map<string, Reached>()
      byVertex.set(vertex, reached)
      const sum = reached.get(there.dest) ?? { ...there, connections: 0, denied: false }
      reached.set(there.dest, sum)
      const at = conversation * tallyWidth
      sum.connections += tallies[at]!
      sum.denied ||= tallies.subarray(at + tallyWidth / 2, at + tallyWidth).some((amount) => amount > 0)
    },
    of: (vertex: number): readonly Outside[] => {
      const reached = [...(byVertex.get(vertex)?.values() ?? [])]
      return outsideKinds.flatMap((kind) =>
        signsOf(
          kind,
          reached.filter((each) => each.kind === kind),
        ),
      )
    },
  }
}

/** All network sets together. */
const allSets = vertexId('kind', ['ns', ''])

/** Networks have a sign each; sets share one. */
function signsOf(kind: OutsideKind, reached: readonly Reached[]): readonly Outside[] {
  if (kind !== 'set' || reached.length < 2) {
    return reached.map(({ name, dest, connections, denied }) => ({ kind, dest, names: [name], connections, denied }))
  }
  const names = [...new Set(reached.map(({ name }) => name))].sort()
  const connections = reached.reduce((sum, each) => sum + each.connections, 0)
  return [{ kind, dest: allSets, names, connections, denied: reached.some(({ denied }) => denied) }]
}

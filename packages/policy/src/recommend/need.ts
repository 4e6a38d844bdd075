// What the seen flows need, gathered by workload and direction: peers with the ports used, outside addresses one by one.
import { type Ends, resolveEnds } from '../evaluate/ends.ts'
import type { Flow } from '../evaluate/flow.ts'
import { carriesPorts } from '../evaluate/match-entity.ts'
import type { Lookup } from '../evaluate/lookup.ts'
import { type Address, printAddress } from '../net/address.ts'
import type { Direction } from '../objects/policy.ts'
import type { Workload } from './workload.ts'
import type { End } from '../evaluate/ends.ts'
import type { Pod } from '../objects/snapshot.ts'

/** A protocol, and the port where the protocol has ports. */
export interface Layer4Need {
  readonly protocol: number
  readonly port?: number
}

export type Peer =
  | { readonly kind: 'workload'; readonly workload: Workload }
  | { readonly kind: 'address'; readonly address: Address; readonly domains: readonly string[] }

export interface PeerNeed {
  readonly peer: Peer
  readonly layer4: ReadonlyMap<string, Layer4Need>
}

export interface Need {
  readonly workload: Workload
  readonly direction: Direction
  readonly peers: ReadonlyMap<string, PeerNeed>
}

/** A flow that no recommendation can be made from, and why. */
export interface LeftOut {
  readonly flow: Flow
  readonly reason: string
}

interface GrowingNeed {
  readonly workload: Workload
  readonly direction: Direction
  readonly peers: Map<string, { readonly peer: Peer; readonly layer4: Map<string, Layer4Need> }>
}

function peerOf(end: End, workloadOf: (pod: Pod) => Workload): Peer | undefined {
  if (end.kind === 'pod') return { kind: 'workload', workload: workloadOf(end.pod) }
  if (end.kind === 'missing' || !end.address) return undefined
  return { kind: 'address', address: end.address, domains: end.names.domains }
}

const peerKey = (peer: Peer) => (peer.kind === 'workload' ? peer.workload.key : printAddress(peer.address))

const layer4Of = (flow: Flow): Layer4Need =>
  carriesPorts(flow.protocol) && flow.port !== undefined
    ? { protocol: flow.protocol, port: flow.port }
    : { protocol: flow.protocol }

/** Gathers needs; flows whose ends are not known are left out and told. */
export function gatherNeeds(
  flows: readonly Flow[],
  lookup: Lookup,
  workloadOf: (pod: Pod) => Workload,
): { readonly needs: readonly Need[]; readonly leftOut: readonly LeftOut[] } {
  const needs = new Map<string, GrowingNeed>()
  const leftOut: LeftOut[] = []

  function add(workload: Workload, direction: Direction, peer: Peer, flow: Flow): void {
    const key = `${direction} ${workload.key}`
    const need: GrowingNeed = needs.get(key) ?? { workload, direction, peers: new Map() }
    needs.set(key, need)
    const found = need.peers.get(peerKey(peer)) ?? { peer, layer4: new Map<string, Layer4Need>() }
    need.peers.set(peerKey(peer), found)
    const layer4 = layer4Of(flow)
    found.layer4.set(`${layer4.protocol}/${layer4.port ?? ''}`, layer4)
  }

  function addFlow(flow: Flow, { source, destination }: Ends): void {
    const [from, to] = [peerOf(source, workloadOf), peerOf(destination, workloadOf)]
    if (!from || !to) {
      const unknown = from ? destination : source
      leftOut.push({ flow, reason: `${unknown.title} is not known` })
      return
    }
    if (from.kind === 'workload') add(from.workload, 'egress', to, flow)
    if (to.kind === 'workload') add(to.workload, 'ingress', from, flow)
    if (from.kind !== 'workload' && to.kind !== 'workload') leftOut.push({ flow, reason: 'neither end is a pod' })
  }

  for (const flow of flows) addFlow(flow, resolveEnds(flow, lookup))
  return { needs: [...needs.values()], leftOut }
}

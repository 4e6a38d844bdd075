// What went in and out of the endpoints of each node in a range, from the flow log's rows of that node's own agent.
import type { Group } from '@margay/query'
import type { Node } from '@margay/wire'
import type { Range } from './as-of.ts'
import type { TrafficDeps } from './traffic.ts'
import { askAllFlows } from './traffic.ts'

type Traffic = NonNullable<Node['traffic']>
type Verdict = 'allowed' | 'denied'

interface Sums {
  packets: number
  connections: number
}

const measures = {
  packetsIn: { sum: 'packets_in' },
  packetsOut: { sum: 'packets_out' },
  started: { sum: 'num_flows_started' },
} as const

const createSums = () => ({
  in: { allowed: { packets: 0, connections: 0 }, denied: { packets: 0, connections: 0 } },
  out: { allowed: { packets: 0, connections: 0 }, denied: { packets: 0, connections: 0 } },
})

type NodeSums = ReturnType<typeof createSums>

/** A connection is out where its source reports it and in where its destination does; packets go both ways in either. */
function add(sums: NodeSums, { key: [, reporter, action], measures: values }: Group): void {
  const verdict: Verdict = action === 'deny' ? 'denied' : 'allowed'
  sums.in[verdict].packets += Number(values.packetsIn ?? 0)
  sums.out[verdict].packets += Number(values.packetsOut ?? 0)
  if (reporter === 'src') sums.out[verdict].connections += Number(values.started ?? 0)
  if (reporter === 'dst') sums.in[verdict].connections += Number(values.started ?? 0)
}

const thousandth = (value: number) => Math.round(value * 1000) / 1000

function ratesOf(sums: NodeSums, seconds: number): Traffic {
  const rate = ({ packets, connections }: Sums) => ({
    packetsPerSecond: thousandth(packets / seconds),
    connectionsPerSecond: thousandth(connections / seconds),
  })
  const both = ({ allowed, denied }: NodeSums['in']) => ({ allowed: rate(allowed), denied: rate(denied) })
  return { in: both(sums.in), out: both(sums.out) }
}

/** Rates by node. A node of which no row tells is not in it. */
export async function askNodeRates(range: Range, deps: TrafficDeps): Promise<ReadonlyMap<string, Traffic>> {
  const groups = await askAllFlows(range, { by: ['host', 'reporter', 'action'], measures }, deps)
  const byNode = new Map<string, NodeSums>()
  for (const group of groups) {
    const node = String(group.key[0] ?? '')
    if (node === '' || node === '-') continue
    const sums = byNode.get(node) ?? createSums()
    byNode.set(node, sums)
    add(sums, group)
  }
  return new Map([...byNode].map(([node, sums]) => [node, ratesOf(sums, range.to - range.from)]))
}

// Where a connection was denied, when rules say nothing: what the node refuses of packets from elsewhere to one of its pods,
// it refuses for the pod. A third namespace stands for another node with a pod behind it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PrintedRow } from '../agent-process.ts'
import { startAgent } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { createForwardingNode } from '../node.ts'
import type { ForwardingNode } from '../node.ts'

const farPod = '10.79.0.1'
const connectFrom = (source: string, to: string, port: number) => `
import socket
s=socket.socket(); s.settimeout(1); s.bind(("${source}",0))
try: s.connect(("${to}",${port}))
except Exception as e: print(type(e).__name__)
`
const rules = `table ip quiet {
  chain forward {
    type filter hook forward priority 0
    tcp dport 85 drop
  }
}
`

/** A pod of another node: its own link to the node, and an address behind a gateway. */
function addFarNode(lab: Lab, hub: string): Pod {
  const far = lab.pod('far', 9)
  const link = `${lab.prefix}far`
  lab.inNetns(hub, 'ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', far.netns)
  lab.inNetns(hub, 'ip', 'addr', 'add', '10.78.0.1/24', 'dev', link)
  lab.inNetns(hub, 'ip', 'link', 'set', link, 'up')
  lab.inNetns(far.netns, 'ip', 'addr', 'add', '10.78.0.2/24', 'dev', 'eth1')
  lab.inNetns(far.netns, 'ip', 'addr', 'add', `${farPod}/32`, 'dev', 'lo')
  lab.inNetns(far.netns, 'ip', 'link', 'set', 'eth1', 'up')
  lab.inNetns(far.netns, 'ip', 'route', 'add', '10.77.0.2/32', 'via', '10.78.0.1')
  lab.inNetns(hub, 'ip', 'route', 'add', '10.79.0.0/24', 'via', '10.78.0.2')
  return far
}

describe('a refusal without a word', () => {
  let lab: Lab
  let node: ForwardingNode
  let far: Pod
  beforeAll(() => {
    lab = createLab()
    node = createForwardingNode(lab)
    far = addFarNode(lab, lab.hub)
    node.load(rules)
  })
  afterAll(() => lab.close())
  const refusals = (rows: readonly PrintedRow[], source: string) =>
    rows
      .filter((row) => row.log === 'flows' && row.source_ip === source && row.dest_port === 85 && row.action === 'deny')
      .map(({ reporter, direction }) => [reporter, direction].join(' '))

  it('of packets from elsewhere is the destination, of packets within the node nobody knows', async () => {
    const agent = await startAgent(lab)
    for (const source of [farPod, '10.78.0.2'])
      expect((await far.python(connectFrom(source, node.server.ip, 85))).stdout).toBe('TimeoutError\n')
    await node.client.python(connectFrom(node.client.ip, node.server.ip, 85))
    const rows = await agent.stop()
    expect(refusals(rows, farPod)).toContain('dst ingress')
    expect(refusals(rows, farPod)).not.toContain('fwd unknown')
    expect(refusals(rows, '10.78.0.2')).toContain('dst ingress')
    expect(refusals(rows, node.client.ip)).toContain('fwd unknown')
  })
})

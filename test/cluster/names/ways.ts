// Other ways to a pod than its own address and a service's: a port of a node, UDP, its own service from inside, and under a name
// that another pod had before.
import { beforeAll, describe, expect, it } from 'vitest'
import { until } from '../parts/command.ts'
import { nodeAddress, nodeNumbers, type NodeNumber } from '../parts/network.ts'
import { distinct } from '../rows.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'
import { by, counts, createLane, nameOf, openLane, tally } from './lane.ts'
import { doorPort, namespace, ways } from './objects.ts'

export function waysSuite(stand: Stand): void {
  const { kubectl, getPod, podsOf, curl, answers, flows, kept } = createLane(stand)
  let answered: { readonly own: readonly string[]; readonly other: readonly string[] }
  let echoed: readonly string[] = []
  const uids: string[] = []

  /** Calls the pod of the set that has the name now. */
  async function callSet(times: number): Promise<void> {
    const { metadata, status } = await getPod('db-0')
    uids.push(metadata.uid)
    await curl('client-2', `http://${status.podIP}:5432/`, times)
  }

  /** What a UDP service answers a client, asked so many times, each time from another socket. */
  async function echo(client: string, times: number): Promise<readonly string[]> {
    const ask = `said=; exec 3<>/dev/udp/echo.${namespace}/7000 && printf x >&3 && read -t 10 -n 1 -r said <&3; echo $said`
    const said = await kubectl('exec', client, '--', 'bash', '-c', `for ((i = 0; i < ${times}; i++)); do ${ask}; done`)
    return said.split('\n').filter((line) => line !== '')
  }

  describe('ways', () => {
    beforeAll(async () => {
      await openLane(stand)
      await stand.cluster.kubectl.apply(ways)
      for (const name of ['echo', 'mirror']) await kubectl('rollout', 'status', `deployment/${name}`, '--timeout=180s')
      // Nodes have the rules of a new service a moment after its pods are ready: those of the one asked, and of the one that asks.
      const doorOf = (node: NodeNumber) => `http://${nodeAddress(node)}:${doorPort}/`
      const webs = (await podsOf('web')).map(nameOf)
      for (const node of nodeNumbers) await answers(1, doorOf(node), webs)
      await until('the echo to answer', async () => (await echo('scout-1', 1)).length === 1)
      answered = { own: await curl('client-1', doorOf(1), 3), other: await curl('client-1', doorOf(2), 3) }
      echoed = await echo('client-1', 3)
      await callSet(2)
      await kubectl('delete', 'pod/db-0', '--wait')
      const isAgain = async () => (await getPod('db-0').catch(() => undefined))?.metadata.uid
      await until('the set to have its pod again', isAgain)
      await kubectl('wait', '--for=condition=Ready', 'pod/db-0', '--timeout=180s')
      await callSet(3)
      await flows('')
    }, startMs)

    it('a port of the own node: the pod that answered, and the service of that port', async () => {
      expect(answered.own).toHaveLength(3)
      const rows = await kept('by the own node', `source_name: client-1 and dest_service_name: door`)
      const named = by(rows, 'src').filter((row) => row.dest_type === 'wep')
      expect(counts(named, 'dest_name')).toEqual(tally(answered.own))
      expect(distinct(named, 'dest_service_port_num')).toEqual([String(8081)])
    })

    it('a port of another node, which translates there: the node, its port, and the service', async () => {
      expect(answered.other).toHaveLength(3)
      const rows = await kept('by another node', `source_name: client-1 and dest_port: ${doorPort}`)
      const seen = by(rows, 'src')
      expect(counts(seen, 'dest_name_aggr')).toEqual({ 'node-2': 3 })
      expect([distinct(seen, 'dest_type'), distinct(seen, 'dest_service_name')]).toEqual([['hep'], ['door']])
    })

    it('UDP by a service: the pod that answered, one flow for each socket', async () => {
      expect(echoed).toEqual(['x', 'x', 'x'])
      const rows = await kept('by UDP', 'source_name: client-1 and proto: udp and not dest_port: 53')
      const [echo] = await podsOf('echo')
      expect(distinct(by(rows, 'src'), 'outcome')).toEqual(['established'])
      expect(counts(by(rows, 'src'), 'dest_name')).toEqual({ [echo!.metadata.name]: 3 })
      expect(distinct(by(rows, 'src'), 'dest_service_name')).toEqual(['echo'])
      expect(distinct(by(rows, 'src'), 'process_name')).toEqual(['bash'])
    })

    it('a pod that calls its own service and gets itself', async () => {
      const [mirror] = await podsOf('mirror')
      // It called before rules led to it, too.
      const query = 'source_name_aggr: mirror-* and dest_port: 8080 and reporter: src and outcome: established'
      const rows = await kept('of itself', query)
      expect(distinct(rows, 'source_name')).toEqual([mirror!.metadata.name])
      expect(distinct(rows, 'dest_name')).toEqual([mirror!.metadata.name])
      expect(distinct(rows, 'dest_service_name')).toEqual(['mirror'])
    })

    it('a pod of a set that is made again under its name: each by its uid', async () => {
      const rows = await kept('of the set', 'source_name: client-2 and dest_name: db-0 and reporter: dst')
      expect(counts(rows, 'pod_uid')).toEqual({ [uids[0]!]: 2, [uids[1]!]: 3 })
    })
  })
}

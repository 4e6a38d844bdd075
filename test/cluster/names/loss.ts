// A node that goes away, with everything that ran on it: after this the cluster has one node.
import { beforeAll, describe, expect, it } from 'vitest'
import { until } from '../parts/command.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'
import { distinct } from '../rows.ts'
import { createLane, nameOf, openLane, type Pod } from './lane.ts'
import { namespace } from './objects.ts'

export function lossSuite(stand: Stand): void {
  const { kubectl, podsOf, curl, answers, flows } = createLane(stand)

  describe('loss', () => {
    beforeAll(() => openLane(stand), startMs)

    it(
      'a node that goes away: what it ran keeps its names, and what follows has others',
      async () => {
        const [, lost] = stand.cluster.nodes
        const onLost = (await podsOf('web')).find(({ spec }) => spec.nodeName === lost!.name)!
        await curl('client-1', `http://${onLost.status.podIP}:8080/`, 3)
        const query = `source_name: client-1 and dest_ip: ${onLost.status.podIP} and reporter: src`
        await flows(query)
        await stand.cluster.loseNode(lost!)
        const established = async () =>
          (await stand.product.rows('flows', query)).filter((row) => row.outcome === 'established')
        await until(
          'the node to be given up',
          async () => {
            const said = await kubectl(
              'get',
              'node',
              lost!.name,
              '-o',
              'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
            )
            return said === 'Unknown'
          },
          { everyMs: 1000 },
        )
        await kubectl('delete', 'node', lost!.name)
        await kubectl('delete', 'pod', onLost.metadata.name, '--force', '--grace-period=0')
        await until(
          'the lost pod to have a successor',
          async () => {
            const pods = await podsOf('web')
            return (
              pods.length === 2 &&
              pods.every(({ spec, status }) => spec.nodeName !== lost!.name && status.phase === 'Running')
            )
          },
          { everyMs: 1000 },
        )
        const successors = (await podsOf('web')).map(nameOf)
        expect(distinct(await established(), 'dest_name')).toEqual([onLost.metadata.name])
        await answers(1, `http://web.${namespace}/?after=loss`, successors)
        // What ran there is given up a while later; until then any pod may be made, and take an address that a test counts on.
        const isStill = async () => {
          const pods = await stand.cluster.kubectl.list<Pod>('pods')
          return pods.every(({ spec, status }) => spec.nodeName !== lost!.name && status.phase !== 'Pending')
        }
        await until('the other pods of the node to be given up', isStill, { everyMs: 1000 })
      },
      startMs,
    )
  })
}
